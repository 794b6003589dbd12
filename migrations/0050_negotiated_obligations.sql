-- An obligation may come from the contract alone: no bid promised it, so that it earned nothing at the award.

ALTER TABLE obligations ADD COLUMN origin text NOT NULL DEFAULT 'bid'
CONSTRAINT obligations_come_from_the_bid_or_the_contract CHECK (origin IN ('bid', 'contract')),
ADD CONSTRAINT obligations_of_the_contract_alone_earned_nothing CHECK (
    origin = 'bid' OR NOT worth ?| ARRAY['points', 'advantage', 'rate', 'levels']
) NOT VALID;
