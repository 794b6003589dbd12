-- What the panel agreed and how: meetings with who was there and what was said, agreed scores that cite the bid, and the
-- lock of each criterion, which only an approver lifts, with a reason.

CREATE TABLE meetings (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT meetings_have_one_id PRIMARY KEY,
    lot_id uuid NOT NULL CONSTRAINT meetings_are_about_a_lot REFERENCES lots (id),
    number integer NOT NULL,
    chair_id uuid NOT NULL CONSTRAINT meetings_are_chaired_by_a_person REFERENCES people (id),
    present uuid [] NOT NULL CONSTRAINT meetings_name_who_was_there CHECK (cardinality(present) > 0),
    held_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    CONSTRAINT meetings_are_numbered UNIQUE (lot_id, number)
);

ALTER TABLE consensus_scores
ADD COLUMN meeting_id uuid,
ADD CONSTRAINT consensus_scores_may_come_from_a_meeting
FOREIGN KEY (meeting_id) REFERENCES meetings (id) NOT VALID,
ADD COLUMN cites text [] NOT NULL DEFAULT '{}',
ADD COLUMN change_reason text,
ADD CONSTRAINT consensus_scores_cite_the_bid CHECK (cardinality(cites) > 0) NOT VALID,
ADD CONSTRAINT consensus_scores_change_with_a_reason CHECK (version = 1 OR btrim(change_reason) <> '') NOT VALID;

-- How a meeting came to an agreed score: the individual scores before it, what was discussed, who dissented and why.
CREATE TABLE meeting_items (
    meeting_id uuid NOT NULL CONSTRAINT meeting_items_are_of_a_meeting REFERENCES meetings (id),
    bid_id uuid NOT NULL,
    criterion_id text NOT NULL,
    version integer NOT NULL,
    marks jsonb NOT NULL,
    points text [] NOT NULL CONSTRAINT meeting_items_tell_what_was_discussed CHECK (cardinality(points) > 0),
    dissent jsonb NOT NULL,
    majority text NOT NULL,
    warnings text [] NOT NULL,
    answer text,
    CONSTRAINT meeting_items_once_per_question PRIMARY KEY (meeting_id, bid_id, criterion_id),
    CONSTRAINT meeting_items_agree_a_score FOREIGN KEY (bid_id, criterion_id, version)
    REFERENCES consensus_scores (bid_id, criterion_id, version),
    CONSTRAINT meeting_items_answer_warnings CHECK (cardinality(warnings) = 0 OR btrim(answer) <> '')
);

CREATE TABLE criterion_locks (
    lot_id uuid NOT NULL CONSTRAINT criterion_locks_are_of_a_lot REFERENCES lots (id),
    criterion_id text NOT NULL,
    number integer NOT NULL,
    person_id uuid NOT NULL CONSTRAINT criterion_locks_are_set_by_a_person REFERENCES people (id),
    locked_at timestamptz NOT NULL,
    CONSTRAINT criterion_locks_are_numbered PRIMARY KEY (lot_id, criterion_id, number)
);

CREATE TABLE criterion_unlocks (
    lot_id uuid NOT NULL,
    criterion_id text NOT NULL,
    number integer NOT NULL,
    person_id uuid NOT NULL CONSTRAINT criterion_unlocks_are_approved_by_a_person REFERENCES people (id),
    reason text NOT NULL CONSTRAINT criterion_unlocks_have_a_reason CHECK (btrim(reason) <> ''),
    unlocked_at timestamptz NOT NULL,
    CONSTRAINT criterion_unlocks_once PRIMARY KEY (lot_id, criterion_id, number),
    CONSTRAINT criterion_unlocks_lift_a_lock FOREIGN KEY (lot_id, criterion_id, number)
    REFERENCES criterion_locks (lot_id, criterion_id, number)
);

GRANT SELECT, INSERT ON meetings, meeting_items, criterion_locks, criterion_unlocks TO tenderscore_app;
