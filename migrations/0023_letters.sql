-- What bidders are told after the award: texts that only people can give, redactions, letters as sent, the award notice,
-- the standstill; and the texts of the report on a procedure.

CREATE TABLE letter_texts (
    lot_id uuid NOT NULL CONSTRAINT letter_texts_are_of_a_lot REFERENCES lots (id),
    bid_id uuid NOT NULL CONSTRAINT letter_texts_are_about_a_bid REFERENCES bids (id),
    field text NOT NULL,
    version integer NOT NULL,
    text text NOT NULL CONSTRAINT letter_texts_are_not_blank CHECK (btrim(text) <> ''),
    person_id uuid NOT NULL CONSTRAINT letter_texts_are_given_by_a_person REFERENCES people (id),
    given_at timestamptz NOT NULL,
    CONSTRAINT letter_texts_are_numbered PRIMARY KEY (lot_id, bid_id, field, version)
);

-- Without a reason the field is shown again.
CREATE TABLE letter_redactions (
    lot_id uuid NOT NULL CONSTRAINT letter_redactions_are_of_a_lot REFERENCES lots (id),
    bid_id uuid NOT NULL CONSTRAINT letter_redactions_are_about_a_bid REFERENCES bids (id),
    field text NOT NULL,
    version integer NOT NULL,
    reason text CONSTRAINT letter_redactions_have_a_reason CHECK (btrim(reason) <> ''),
    person_id uuid NOT NULL CONSTRAINT letter_redactions_are_decided_by_a_person REFERENCES people (id),
    decided_at timestamptz NOT NULL,
    CONSTRAINT letter_redactions_are_numbered PRIMARY KEY (lot_id, bid_id, field, version)
);

CREATE TABLE sent_letters (
    lot_id uuid NOT NULL,
    award_number integer NOT NULL,
    bid_id uuid NOT NULL CONSTRAINT sent_letters_are_to_a_bidder REFERENCES bids (id),
    canonical bytea NOT NULL,
    digest text NOT NULL,
    person_id uuid NOT NULL CONSTRAINT sent_letters_are_sent_by_a_person REFERENCES people (id),
    sent_at timestamptz NOT NULL,
    CONSTRAINT sent_letters_once_per_award_and_bid PRIMARY KEY (lot_id, award_number, bid_id),
    CONSTRAINT sent_letters_follow_an_award FOREIGN KEY (lot_id, award_number) REFERENCES award_decisions (lot_id, number)
);

CREATE TABLE award_notices (
    lot_id uuid NOT NULL,
    award_number integer NOT NULL,
    reference text NOT NULL,
    published_at timestamptz NOT NULL,
    person_id uuid NOT NULL CONSTRAINT award_notices_are_recorded_by_a_person REFERENCES people (id),
    recorded_at timestamptz NOT NULL,
    CONSTRAINT award_notices_are_published_once_per_award PRIMARY KEY (lot_id, award_number),
    CONSTRAINT award_notices_follow_an_award
    FOREIGN KEY (lot_id, award_number) REFERENCES award_decisions (lot_id, number)
);

CREATE TABLE standstills (
    lot_id uuid NOT NULL,
    award_number integer NOT NULL,
    begins_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    explained jsonb NOT NULL,
    recorded_at timestamptz NOT NULL,
    CONSTRAINT standstills_end_after_they_begin CHECK (begins_at < ends_at),
    CONSTRAINT standstills_begin_once_per_award PRIMARY KEY (lot_id, award_number),
    CONSTRAINT standstills_follow_an_award FOREIGN KEY (lot_id, award_number) REFERENCES award_decisions (lot_id, number)
);

CREATE TABLE report_texts (
    tender_id uuid NOT NULL CONSTRAINT report_texts_are_of_a_tender REFERENCES tenders (id),
    field text NOT NULL,
    version integer NOT NULL,
    text text NOT NULL CONSTRAINT report_texts_are_not_blank CHECK (btrim(text) <> ''),
    person_id uuid NOT NULL CONSTRAINT report_texts_are_given_by_a_person REFERENCES people (id),
    given_at timestamptz NOT NULL,
    CONSTRAINT report_texts_are_numbered PRIMARY KEY (tender_id, field, version)
);

GRANT SELECT, INSERT ON letter_texts, letter_redactions, sent_letters, award_notices, standstills, report_texts
TO tenderscore_app;
