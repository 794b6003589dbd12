-- The audit log: one numbered list per tender, and one (id 0) for what belongs to no tender. Append-only by grants.

CREATE TABLE log_heads (
    log_id uuid CONSTRAINT log_heads_one_per_log PRIMARY KEY,
    size bigint NOT NULL DEFAULT 0 CONSTRAINT log_heads_size_not_negative CHECK (size >= 0)
);
INSERT INTO log_heads (log_id) VALUES ('00000000-0000-0000-0000-000000000000');

CREATE TABLE events (
    log_id uuid NOT NULL CONSTRAINT events_belong_to_a_log REFERENCES log_heads (log_id),
    position bigint NOT NULL,
    kind text NOT NULL,
    person_id uuid CONSTRAINT events_name_a_known_person REFERENCES people (id),
    data jsonb NOT NULL,
    at timestamptz NOT NULL,
    CONSTRAINT events_one_per_position PRIMARY KEY (log_id, position)
);

GRANT SELECT, INSERT ON events TO tenderscore_app;
GRANT SELECT, INSERT ON log_heads TO tenderscore_app;
GRANT UPDATE (size) ON log_heads TO tenderscore_app;
