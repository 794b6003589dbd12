-- name: read_clock()$
-- The database's clock, which says whether a token is over.
SELECT clock_timestamp();
