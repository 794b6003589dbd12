-- name: get_durability()^
-- The server's version and the settings on which "stored" rests. Whose state we may not see is counted as a standby;
-- an archive (`tenderscore archive`) is none.
SELECT
    current_setting('server_version') AS postgresql,
    current_setting('fsync') AS fsync,
    current_setting('full_page_writes') AS full_page_writes,
    current_setting('synchronous_commit') AS synchronous_commit,
    current_setting('data_checksums') AS data_checksums,
    (
        SELECT count(*)
        FROM pg_stat_replication
        WHERE state IS DISTINCT FROM 'backup' AND application_name IS DISTINCT FROM 'pg_receivewal'
    ) AS standbys,
    current_setting('synchronous_standby_names') <> '' AS standbys_synchronous;
