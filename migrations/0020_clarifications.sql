-- Questions before the deadline, what bidders are asked after the opening, and corrections of obvious errors.

CREATE TABLE questions (
    tender_id uuid NOT NULL CONSTRAINT questions_are_about_a_tender REFERENCES tenders (id),
    number integer NOT NULL,
    supplier_id uuid NOT NULL CONSTRAINT questions_are_asked_by_a_supplier REFERENCES organisations (id),
    person_id uuid NOT NULL CONSTRAINT questions_are_asked_by_a_person REFERENCES people (id),
    question text NOT NULL CONSTRAINT questions_say_something CHECK (btrim(question) <> ''),
    asked_at timestamptz NOT NULL,
    CONSTRAINT questions_are_numbered PRIMARY KEY (tender_id, number)
);

-- What everybody reads: the question as published, which names nobody, and the answer. A later version mends an earlier.
CREATE TABLE question_answers (
    tender_id uuid NOT NULL,
    number integer NOT NULL,
    version integer NOT NULL,
    question text NOT NULL,
    answer text NOT NULL CONSTRAINT question_answers_say_something CHECK (btrim(answer) <> ''),
    person_id uuid NOT NULL CONSTRAINT question_answers_are_given_by_a_person REFERENCES people (id),
    answered_at timestamptz NOT NULL,
    CONSTRAINT question_answers_are_numbered PRIMARY KEY (tender_id, number, version),
    CONSTRAINT question_answers_follow_a_question FOREIGN KEY (tender_id, number)
    REFERENCES questions (tender_id, number)
);

-- What is asked of a bidder after the opening, tied to the part of the bid, or the exclusion ground, that it touches.
CREATE TABLE clarifications (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT clarifications_have_one_id PRIMARY KEY,
    bid_id uuid NOT NULL CONSTRAINT clarifications_are_of_an_opened_bid REFERENCES opened_bids (bid_id),
    number integer NOT NULL,
    kind text NOT NULL CONSTRAINT clarifications_are_of_a_known_kind CHECK (
        kind IN ('explanation', 'obvious_error', 'self_cleaning', 'abnormally_low')
    ),
    criterion_id text,
    document_id uuid CONSTRAINT clarifications_touch_a_known_document REFERENCES documents (id),
    ground_id text,
    question text NOT NULL CONSTRAINT clarifications_say_something CHECK (btrim(question) <> ''),
    person_id uuid NOT NULL CONSTRAINT clarifications_are_asked_by_a_person REFERENCES people (id),
    asked_at timestamptz NOT NULL,
    due_at timestamptz NOT NULL,
    CONSTRAINT clarifications_are_numbered UNIQUE (bid_id, number),
    CONSTRAINT clarifications_leave_time_to_answer CHECK (due_at > asked_at),
    CONSTRAINT clarifications_touch_one_part CHECK (
        CASE kind
            WHEN 'explanation' THEN ground_id IS NULL AND num_nonnulls(criterion_id, document_id) = 1
            WHEN 'obvious_error' THEN criterion_id IS NOT NULL AND num_nonnulls(document_id, ground_id) = 0
            WHEN 'self_cleaning' THEN ground_id IS NOT NULL AND num_nonnulls(criterion_id, document_id) = 0
            ELSE num_nonnulls(criterion_id, document_id, ground_id) = 0
        END
    )
);

-- A bidder's answer: once, and it changes nothing in the bid.
CREATE TABLE clarification_answers (
    clarification_id uuid CONSTRAINT clarification_answers_once PRIMARY KEY
    CONSTRAINT clarification_answers_follow_a_question REFERENCES clarifications (id),
    answer text NOT NULL CONSTRAINT clarification_answers_say_something CHECK (btrim(answer) <> ''),
    person_id uuid NOT NULL CONSTRAINT clarification_answers_are_given_by_a_person REFERENCES people (id),
    answered_at timestamptz NOT NULL
);

-- The mend of an obvious error that the bidder was asked about and has answered; the value as opened stays.
CREATE TABLE corrections (
    clarification_id uuid CONSTRAINT corrections_once_per_clarification PRIMARY KEY
    CONSTRAINT corrections_follow_an_answer REFERENCES clarification_answers (clarification_id),
    bid_id uuid NOT NULL CONSTRAINT corrections_are_of_an_opened_bid REFERENCES opened_bids (bid_id),
    criterion_id text NOT NULL,
    original text NOT NULL,
    corrected text NOT NULL,
    reason text NOT NULL CONSTRAINT corrections_have_a_reason CHECK (btrim(reason) <> ''),
    person_id uuid NOT NULL CONSTRAINT corrections_are_proposed_by_a_person REFERENCES people (id),
    proposed_at timestamptz NOT NULL,
    CONSTRAINT corrections_name_their_proposer UNIQUE (clarification_id, person_id)
);
CREATE INDEX corrections_by_bid ON corrections (bid_id, criterion_id);

CREATE TABLE correction_decisions (
    clarification_id uuid CONSTRAINT correction_decisions_once PRIMARY KEY,
    proposer_id uuid NOT NULL,
    decision text NOT NULL CONSTRAINT correction_decisions_are_known CHECK (decision IN ('confirmed', 'refused')),
    reason text NOT NULL CONSTRAINT correction_decisions_have_a_reason CHECK (btrim(reason) <> ''),
    person_id uuid NOT NULL CONSTRAINT correction_decisions_are_made_by_a_person REFERENCES people (id),
    decided_at timestamptz NOT NULL,
    CONSTRAINT correction_decisions_are_about_a_correction FOREIGN KEY (clarification_id, proposer_id)
    REFERENCES corrections (clarification_id, person_id),
    CONSTRAINT corrections_are_confirmed_by_a_second_person CHECK (
        decision <> 'confirmed' OR person_id <> proposer_id
    )
);

GRANT SELECT, INSERT
ON questions, question_answers, clarifications, clarification_answers, corrections, correction_decisions
TO tenderscore_app;
