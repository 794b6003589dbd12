-- Whose legal rules a tender follows; which of them, its publication date decides.

ALTER TABLE tenders
ADD COLUMN jurisdiction text NOT NULL DEFAULT 'none'
CONSTRAINT tenders_follow_known_rules CHECK (jurisdiction IN (
    'uk-pa2023', 'eu-2014-24', 'eu-2014-24-de', 'eu-2014-24-es', 'eu-2014-24-it', 'eu-2014-24-pl', 'eu-2014-24-pt',
    'world-bank', 'none'
));

GRANT UPDATE (jurisdiction) ON tenders TO tenderscore_app;
