-- How far standbys are behind, for the operator's metrics: of others' connections the service's role may see nothing.

-- bytes and seconds are NULL where the owner may not see them either (it needs pg_monitor) and where nobody follows.
CREATE FUNCTION standby_lag(OUT standbys bigint, OUT bytes numeric, OUT seconds numeric)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
    SELECT
        count(*),
        max(CASE WHEN NOT pg_is_in_recovery() THEN pg_wal_lsn_diff(pg_current_wal_lsn(), line.replay_lsn) END),
        max(coalesce(extract(EPOCH FROM line.replay_lag), 0))
    FROM pg_stat_replication AS line
    WHERE line.state IS DISTINCT FROM 'backup' AND line.application_name <> 'pg_receivewal';
$$;
REVOKE EXECUTE ON FUNCTION standby_lag FROM PUBLIC;
GRANT EXECUTE ON FUNCTION standby_lag TO tenderscore_app;
