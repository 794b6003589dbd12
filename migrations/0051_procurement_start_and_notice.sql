-- On which day a procurement starts, which decides which social value model holds, and what a notice under the directives
-- says besides: when bids are opened in public, by which criteria the purchase is green, what of it is innovative.
ALTER TABLE tenders
ADD COLUMN starts_on date,
ADD COLUMN notice jsonb;

GRANT UPDATE (starts_on, notice) ON tenders TO tenderscore_app;
