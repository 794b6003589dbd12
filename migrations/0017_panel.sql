-- Who sits on the panel and may see bids: declarations of interest, seats for each criterion, training; what an evaluator
-- writes is a draft until it is submitted with the places in the bid that it rests on.

CREATE TABLE declarations (
    tender_id uuid NOT NULL CONSTRAINT declarations_are_for_a_tender REFERENCES tenders (id),
    person_id uuid NOT NULL CONSTRAINT declarations_are_of_a_person REFERENCES people (id),
    number integer NOT NULL,
    interest text NOT NULL
    CONSTRAINT declarations_tell_a_known_interest CHECK (interest IN ('none', 'actual', 'potential', 'perceived')),
    details text NOT NULL,
    mitigation text NOT NULL,
    declared_at timestamptz NOT NULL,
    CONSTRAINT declarations_are_numbered PRIMARY KEY (tender_id, person_id, number),
    CONSTRAINT declarations_of_an_interest_tell_it CHECK (interest = 'none' OR btrim(details) <> '')
);

CREATE TABLE declaration_decisions (
    tender_id uuid NOT NULL,
    person_id uuid NOT NULL,
    number integer NOT NULL,
    approved boolean NOT NULL,
    reason text NOT NULL CONSTRAINT declaration_decisions_have_a_reason CHECK (btrim(reason) <> ''),
    decided_by uuid NOT NULL CONSTRAINT declaration_decisions_are_of_a_person REFERENCES people (id),
    decided_at timestamptz NOT NULL,
    CONSTRAINT declaration_decisions_once PRIMARY KEY (tender_id, person_id, number),
    CONSTRAINT declaration_decisions_concern_a_declaration FOREIGN KEY (tender_id, person_id, number)
    REFERENCES declarations (tender_id, person_id, number),
    CONSTRAINT declaration_decisions_are_of_another_person CHECK (decided_by <> person_id)
);

-- How a person stands towards the bids of a tender: not_needed until the first lot is opened; none without a declaration;
-- awaiting or rejected as the last one was decided; outdated once a lot was opened after it, whose bidders it did not know.
CREATE FUNCTION clearance(asked_tender uuid, asked_person uuid) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp
AS $$
SELECT
    CASE
        WHEN box.opened_at IS NULL THEN 'not_needed'
        ELSE coalesce(
            (
                SELECT
                    CASE
                        WHEN decision.approved IS NULL THEN 'awaiting'
                        WHEN NOT decision.approved THEN 'rejected'
                        WHEN box.opened_at > declared.declared_at THEN 'outdated'
                        ELSE 'approved'
                    END
                FROM declarations AS declared
                LEFT JOIN declaration_decisions AS decision
                    ON
                        declared.tender_id = decision.tender_id AND declared.person_id = decision.person_id
                        AND declared.number = decision.number
                WHERE declared.tender_id = asked_tender AND declared.person_id = asked_person
                ORDER BY declared.number DESC
                LIMIT 1
            ),
            'none'
        )
    END
FROM (SELECT max(lot.opened_at) AS opened_at FROM lots AS lot WHERE lot.tender_id = asked_tender) AS box;
$$;

CREATE TABLE trainings (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT trainings_have_one_id PRIMARY KEY,
    tender_id uuid NOT NULL CONSTRAINT trainings_are_for_a_tender REFERENCES tenders (id),
    person_id uuid NOT NULL CONSTRAINT trainings_are_of_a_person REFERENCES people (id),
    subject text NOT NULL,
    held_on date NOT NULL,
    recorded_by uuid NOT NULL CONSTRAINT trainings_are_recorded_by_a_person REFERENCES people (id),
    recorded_at timestamptz NOT NULL
);
CREATE INDEX trainings_by_tender ON trainings (tender_id, person_id);

CREATE TABLE panels (
    lot_id uuid NOT NULL CONSTRAINT panels_are_of_a_lot REFERENCES lots (id),
    version integer NOT NULL,
    chair_id uuid NOT NULL CONSTRAINT panels_are_chaired_by_a_person REFERENCES people (id),
    reason text NOT NULL CONSTRAINT panels_have_a_reason CHECK (btrim(reason) <> ''),
    policy jsonb NOT NULL,
    set_by uuid NOT NULL CONSTRAINT panels_are_set_by_a_person REFERENCES people (id),
    set_at timestamptz NOT NULL,
    CONSTRAINT panels_are_numbered PRIMARY KEY (lot_id, version)
);

CREATE TABLE seats (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT seats_have_one_id PRIMARY KEY,
    lot_id uuid NOT NULL CONSTRAINT seats_are_for_a_lot REFERENCES lots (id),
    criterion_id text NOT NULL,
    person_id uuid NOT NULL CONSTRAINT seats_are_of_a_person REFERENCES people (id),
    seated_by uuid NOT NULL CONSTRAINT seats_are_given_by_a_person REFERENCES people (id),
    seated_at timestamptz NOT NULL
);
CREATE INDEX seats_by_lot ON seats (lot_id, criterion_id, person_id);

CREATE TABLE seat_endings (
    seat_id uuid CONSTRAINT seat_endings_once PRIMARY KEY REFERENCES seats (id),
    reason text NOT NULL CONSTRAINT seat_endings_have_a_reason CHECK (btrim(reason) <> ''),
    ended_by uuid NOT NULL CONSTRAINT seat_endings_are_of_a_person REFERENCES people (id),
    ended_at timestamptz NOT NULL
);

CREATE VIEW seats_in_force AS
SELECT seat.id, seat.lot_id, seat.criterion_id, seat.person_id, seat.seated_at
FROM seats AS seat
WHERE NOT EXISTS (SELECT 1 FROM seat_endings AS ending WHERE ending.seat_id = seat.id);

-- Scores of before this migration cite nothing and were changed without a reason.
ALTER TABLE panel_scores
ADD COLUMN cites text [] NOT NULL DEFAULT '{}',
ADD COLUMN change_reason text,
ADD CONSTRAINT panel_scores_cite_the_bid CHECK (cardinality(cites) > 0) NOT VALID,
ADD CONSTRAINT panel_scores_change_with_a_reason CHECK (version = 1 OR btrim(change_reason) <> '') NOT VALID;

-- Drafts are nobody's evidence: overwritten freely, gone once the score is submitted.
CREATE TABLE score_drafts (
    bid_id uuid NOT NULL CONSTRAINT score_drafts_are_for_an_opened_bid REFERENCES opened_bids (bid_id),
    criterion_id text NOT NULL,
    person_id uuid NOT NULL CONSTRAINT score_drafts_are_of_a_person REFERENCES people (id),
    value text NOT NULL,
    reason text NOT NULL,
    cites text [] NOT NULL,
    saved_at timestamptz NOT NULL,
    CONSTRAINT score_drafts_once_per_person PRIMARY KEY (bid_id, criterion_id, person_id)
);

-- Whether nothing has been decided about an opened bid that takes it out of the race.
CREATE FUNCTION in_the_race(asked_bid uuid) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp
AS $$
SELECT coalesce(
    (
        SELECT decision.state = 'admissible' FROM bid_states AS decision
        WHERE decision.bid_id = asked_bid ORDER BY decision.number DESC LIMIT 1
    ),
    TRUE
);
$$;

-- Whether a person has submitted scores on a criterion for every bid in the race of the lot that a bid belongs to.
CREATE FUNCTION own_scores_are_in(asked_bid uuid, asked_criterion text, asked_person uuid) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp
AS $$
SELECT
    EXISTS (
        SELECT 1 FROM panel_scores AS own
        WHERE own.bid_id = asked_bid AND own.criterion_id = asked_criterion AND own.person_id = asked_person
    )
    AND NOT EXISTS (
        SELECT 1 FROM opened_bids AS asked
        INNER JOIN opened_bids AS other ON asked.lot_id = other.lot_id
        WHERE
            asked.bid_id = asked_bid
            AND in_the_race(other.bid_id)
            AND NOT EXISTS (
                SELECT 1 FROM panel_scores AS own
                WHERE
                    own.bid_id = other.bid_id AND own.criterion_id = asked_criterion
                    AND own.person_id = asked_person
            )
    );
$$;

GRANT SELECT, INSERT ON declarations, declaration_decisions, trainings, panels, seats, seat_endings TO tenderscore_app;
GRANT SELECT ON seats_in_force TO tenderscore_app;
GRANT SELECT, INSERT, DELETE, UPDATE (value, reason, cites, saved_at) ON score_drafts TO tenderscore_app;
