-- name: read_entries(log_id, position, limit)
-- Every log's entries to the letter, log by log and in their order, from behind a place.
SELECT
    event.log_id, event.position,
    log_entry(event.log_id, event.position, event.kind, event.person_id, event.data, event.at, event.salt) AS entry
FROM events AS event
WHERE (event.log_id, event.position) > (:log_id::uuid, :position::bigint)
ORDER BY event.log_id, event.position
LIMIT :limit::bigint;

-- name: describe_database()^
-- What a backup says of the database that it was made of.
SELECT
    clock_timestamp() AS at,
    current_setting('server_version_num')::int / 10000 AS postgresql,
    coalesce((SELECT max(migration.number) FROM schema_migrations AS migration), 0) AS migration,
    ARRAY(SELECT role.rolname::text FROM pg_roles AS role WHERE role.rolname LIKE 'tenderscore\_%' ORDER BY 1) AS roles,
    (SELECT count(*) FROM documents) AS documents;
