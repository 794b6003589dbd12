-- name: read_facts()
-- What the operator watches, of the whole platform: name, label and value; what may not be seen or does not exist is left out.
-- The instant of a deadline is already too late, so that a lot is open only before it.
WITH lot_states AS (
    SELECT
        lot.id, tender.submission_deadline AS deadline,
        CASE
            WHEN lot.cancelled_at IS NOT NULL OR tender.cancelled_at IS NOT NULL THEN 'cancelled'
            WHEN lot.opened_at IS NOT NULL THEN 'opened'
            WHEN tender.submission_deadline <= clock_timestamp() THEN 'to_be_opened'
            ELSE 'open'
        END AS state
    FROM lots AS lot
    INNER JOIN tenders AS tender ON lot.tender_id = tender.id
    WHERE tender.published_at IS NOT NULL
),

deadlines AS (
    SELECT DISTINCT state.deadline, extract(EPOCH FROM state.deadline - clock_timestamp()) AS seconds
    FROM lot_states AS state
    WHERE state.state = 'open'
),

alive AS (
    SELECT DISTINCT ON (sample.instance_id) sample.stopping, sample.queue_length, sample.clock_offset_ms
    FROM service_samples AS sample
    WHERE sample.at > clock_timestamp() - 3 * make_interval(secs => sample.every_seconds)
    AND sample.at > clock_timestamp() - interval '15 minutes'
    ORDER BY sample.instance_id ASC, sample.number DESC
)

SELECT 'next_deadline_seconds' AS name, next.place::text AS label, next.seconds::double precision AS value
FROM (SELECT row_number() OVER (ORDER BY deadlines.seconds) AS place, deadlines.seconds FROM deadlines) AS next
WHERE next.place <= 5
UNION ALL
SELECT 'deadlines', span.name, (SELECT count(*) FROM deadlines WHERE deadlines.seconds < span.seconds)
FROM (VALUES ('hour', 3600), ('day', 86400), ('week', 604800)) AS span (name, seconds)
UNION ALL
SELECT 'lots', known.state, (SELECT count(*) FROM lot_states AS state WHERE state.state = known.state)
FROM (VALUES ('open'), ('to_be_opened'), ('opened'), ('cancelled')) AS known (state)
UNION ALL
SELECT
    'unopened_seconds', '',
    coalesce(max(extract(EPOCH FROM clock_timestamp() - state.deadline)), 0)
FROM lot_states AS state
WHERE state.state = 'to_be_opened'
UNION ALL
SELECT 'openings_begun', '', count(DISTINCT act.lot_id)
FROM opening_acts AS act
INNER JOIN lot_states AS state ON act.lot_id = state.id
WHERE state.state = 'to_be_opened'
UNION ALL
SELECT 'jobs_waiting', job.entrypoint, count(*) FROM pgqueuer AS job WHERE job.status = 'queued' GROUP BY job.entrypoint
UNION ALL
SELECT 'jobs_under_way', job.entrypoint, count(*) FROM pgqueuer AS job WHERE job.status = 'picked' GROUP BY job.entrypoint
UNION ALL
SELECT 'oldest_job_seconds', '', coalesce(max(extract(EPOCH FROM clock_timestamp() - job.created)), 0)
FROM pgqueuer AS job
WHERE job.status IN ('queued', 'picked')
UNION ALL
SELECT 'jobs_given_up', '', count(*) FROM job_attempts AS attempt WHERE attempt.given_up_at IS NOT NULL
UNION ALL
SELECT 'relay_behind_entries', '', coalesce(sum(head.size - coalesce(read.position, 0)), 0)
FROM log_heads AS head
LEFT JOIN relayed_logs AS read ON head.log_id = read.log_id
UNION ALL
SELECT 'serving_processes', '', count(*) FROM alive WHERE NOT alive.stopping
UNION ALL
SELECT 'bids_waiting_everywhere', '', coalesce(sum(alive.queue_length), 0) FROM alive
UNION ALL
SELECT 'clock_offset_seconds', '', coalesce(max(abs(alive.clock_offset_ms)) / 1000, 0) FROM alive
UNION ALL
SELECT told.name, '', told.value
FROM standby_lag() AS standby
CROSS JOIN LATERAL (
    VALUES
    ('standbys', standby.standbys),
    ('standby_lag_bytes', standby.bytes),
    ('standby_lag_seconds', CASE WHEN standby.bytes IS NOT NULL THEN standby.seconds END)
) AS told (name, value)
WHERE told.value IS NOT NULL
UNION ALL
SELECT
    'slot_retained_bytes', slot.slot_name::text,
    CASE WHEN NOT pg_is_in_recovery() THEN pg_wal_lsn_diff(pg_current_wal_lsn(), slot.restart_lsn) END
FROM pg_replication_slots AS slot
WHERE slot.restart_lsn IS NOT NULL
UNION ALL
SELECT 'slot_active', slot.slot_name::text, slot.active::int FROM pg_replication_slots AS slot
UNION ALL
SELECT 'database_bytes', '', pg_database_size(current_database())
UNION ALL
SELECT 'database_connections', '', sum(stat.numbackends) FROM pg_stat_database AS stat
UNION ALL
SELECT 'database_connections_most', '', current_setting('max_connections')::int;
