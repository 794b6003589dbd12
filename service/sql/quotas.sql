-- name: lease_requests(key_id, wanted, most)^
-- Some of what a key may send in this minute, for this process to count down by itself.
SELECT lease.granted, lease.leased, lease.seconds_left
FROM lease_requests(:key_id::text, :wanted::integer, :most::integer) AS lease;
