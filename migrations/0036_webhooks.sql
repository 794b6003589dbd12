-- Webhooks: where an organisation wants to be told, what was sent there, and how each attempt went.

-- Secrets are derived from a line of the service's secret file, the webhook's id and a number; none is stored.
CREATE TABLE webhooks (
    id uuid NOT NULL DEFAULT gen_random_uuid() CONSTRAINT webhooks_one_per_id PRIMARY KEY,
    organisation_id uuid NOT NULL CONSTRAINT webhooks_are_of_a_known_organisation REFERENCES organisations (id),
    person_id uuid NOT NULL CONSTRAINT webhooks_read_as_a_known_person REFERENCES people (id),
    url text NOT NULL,
    types text [] NOT NULL CONSTRAINT webhooks_are_told_something CHECK (cardinality(types) > 0),
    secret_line text NOT NULL,
    secret_number integer NOT NULL DEFAULT 1 CONSTRAINT webhooks_secrets_count_from_1 CHECK (secret_number >= 1),
    previous_line text,
    previous_until timestamptz,
    created_at timestamptz NOT NULL,
    disabled_at timestamptz,
    disabled_because text,
    removed_at timestamptz,
    CONSTRAINT webhooks_have_a_reason_to_be_disabled CHECK ((disabled_at IS NULL) = (disabled_because IS NULL)),
    CONSTRAINT webhooks_previous_secret_ends CHECK ((previous_line IS NULL) = (previous_until IS NULL))
);
CREATE INDEX webhooks_of_an_organisation ON webhooks (organisation_id);

-- News on their way to a webhook. next_attempt_at is absent once they have arrived or are given up; attempts counts from
-- the last time that the schedule was begun.
CREATE TABLE webhook_deliveries (
    id uuid NOT NULL DEFAULT gen_random_uuid() CONSTRAINT webhook_deliveries_one_per_id PRIMARY KEY,
    webhook_id uuid NOT NULL CONSTRAINT webhook_deliveries_are_to_a_known_webhook REFERENCES webhooks (id),
    news_id uuid NOT NULL CONSTRAINT webhook_deliveries_are_of_known_news REFERENCES news (id),
    made_at timestamptz NOT NULL,
    attempts integer NOT NULL DEFAULT 0 CONSTRAINT webhook_deliveries_attempts_not_negative CHECK (attempts >= 0),
    next_attempt_at timestamptz,
    delivered_at timestamptz,
    given_up_at timestamptz,
    given_up_because text,
    CONSTRAINT webhook_deliveries_once_per_news UNIQUE (webhook_id, news_id),
    CONSTRAINT webhook_deliveries_end_in_one_way CHECK (
        num_nonnulls(next_attempt_at, delivered_at, given_up_at) = 1
    ),
    CONSTRAINT webhook_deliveries_have_a_reason_to_be_given_up CHECK (
        (given_up_at IS NULL) = (given_up_because IS NULL)
    )
);
CREATE INDEX webhook_deliveries_in_order ON webhook_deliveries (webhook_id, made_at, id);
CREATE INDEX webhook_deliveries_under_way ON webhook_deliveries (next_attempt_at) WHERE next_attempt_at IS NOT NULL;

CREATE TABLE webhook_attempts (
    delivery_id uuid NOT NULL
    CONSTRAINT webhook_attempts_are_of_a_known_delivery REFERENCES webhook_deliveries (id),
    number integer NOT NULL CONSTRAINT webhook_attempts_count_from_1 CHECK (number >= 1),
    at timestamptz NOT NULL,
    status integer,
    failure text,
    milliseconds integer NOT NULL CONSTRAINT webhook_attempts_take_time CHECK (milliseconds >= 0),
    CONSTRAINT webhook_attempts_once_per_number PRIMARY KEY (delivery_id, number)
);

GRANT SELECT, INSERT ON webhooks, webhook_deliveries, webhook_attempts TO tenderscore_app;
GRANT UPDATE (
    secret_line, secret_number, previous_line, previous_until, disabled_at, disabled_because, removed_at
) ON webhooks TO tenderscore_app;
GRANT UPDATE (attempts, next_attempt_at, delivered_at, given_up_at, given_up_because) ON webhook_deliveries
TO tenderscore_app;

ALTER TABLE webhooks ENABLE ROW LEVEL SECURITY;
ALTER TABLE webhooks FORCE ROW LEVEL SECURITY;
CREATE POLICY webhooks_are_for_their_organisation ON webhooks USING (
    (SELECT tenant()) IS NULL OR organisation_id = (SELECT tenant())
);

ALTER TABLE webhook_deliveries ENABLE ROW LEVEL SECURITY;
ALTER TABLE webhook_deliveries FORCE ROW LEVEL SECURITY;
CREATE POLICY webhook_deliveries_are_for_their_organisation ON webhook_deliveries USING (
    (SELECT tenant()) IS NULL
    OR EXISTS (SELECT FROM webhooks AS hook WHERE hook.id = webhook_deliveries.webhook_id)
);

ALTER TABLE webhook_attempts ENABLE ROW LEVEL SECURITY;
ALTER TABLE webhook_attempts FORCE ROW LEVEL SECURITY;
CREATE POLICY webhook_attempts_are_for_their_organisation ON webhook_attempts USING (
    (SELECT tenant()) IS NULL
    OR EXISTS (SELECT FROM webhook_deliveries AS sent WHERE sent.id = webhook_attempts.delivery_id)
);
