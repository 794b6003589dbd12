-- name: get_durability()^
-- The server's version and the settings on which "stored" rests.
SELECT
    current_setting('server_version') AS postgresql,
    current_setting('fsync') AS fsync,
    current_setting('full_page_writes') AS full_page_writes,
    current_setting('synchronous_commit') AS synchronous_commit;
