-- name: get_health(begin_at, end_at)^
-- What the samples of a time amount to: how many slots there are by now, and the worst that was measured.
-- A sample stands for its slot of `every_seconds` (10 if there is none), counted from the epoch; a slot that is not over
-- is not judged.
WITH sample AS MATERIALIZED (
    SELECT
        sample.at, sample.every_seconds, sample.round_trip_ms, sample.server_errors, sample.clock_offset_ms,
        sample.ntp_synchronised, sample.ntp_error_ms, sample.database_on_host
    FROM service_samples AS sample
    WHERE
        sample.at >= :begin_at::timestamptz - interval '5 minutes'
        AND sample.at < :end_at::timestamptz + interval '5 minutes'
),

slot AS (
    SELECT
        coalesce(max(sample.every_seconds), 10) AS seconds,
        make_interval(secs => coalesce(max(sample.every_seconds), 10)) AS width
    FROM sample
),

judged AS (
    SELECT
        slot.seconds, slot.width,
        greatest(
            :begin_at::timestamptz,
            least(:end_at::timestamptz, date_bin(slot.width, clock_timestamp(), 'epoch'::timestamptz))
        ) AS until
    FROM slot
)

SELECT
    judged.seconds AS every_seconds, judged.until,
    CASE
        WHEN judged.until > :begin_at::timestamptz THEN ceil(
            extract(EPOCH FROM judged.until - date_bin(judged.width, :begin_at::timestamptz, 'epoch'::timestamptz))
            / judged.seconds
        )
        ELSE 0
    END::int AS expected,
    count(sample.at)::int AS samples, max(sample.round_trip_ms) AS slowest_ms,
    coalesce(sum(sample.server_errors), 0)::int AS server_errors,
    min(sample.clock_offset_ms) AS least_offset_ms, max(sample.clock_offset_ms) AS most_offset_ms,
    bool_and(sample.ntp_synchronised) AS ntp_synchronised, max(sample.ntp_error_ms) AS ntp_error_ms,
    bool_and(sample.database_on_host) AS database_on_host, current_setting('server_version') AS postgresql
FROM judged
LEFT JOIN sample ON sample.at >= :begin_at::timestamptz AND sample.at < judged.until
GROUP BY judged.seconds, judged.width, judged.until;

-- name: list_outages(begin_at, until, every)
-- The slots without a sample of any process, one after the other as one, with the samples next to them.
WITH covered AS (
    SELECT
        range_agg(tstzrange(
            date_bin(make_interval(secs => sample.every_seconds), sample.at, 'epoch'::timestamptz),
            date_bin(make_interval(secs => sample.every_seconds), sample.at, 'epoch'::timestamptz)
            + make_interval(secs => sample.every_seconds)
        )) AS slots
    FROM service_samples AS sample
    WHERE
        sample.at >= :begin_at::timestamptz - interval '5 minutes'
        AND sample.at < :until::timestamptz + interval '5 minutes'
)

SELECT
    lower(gap.slots) AS began_at, upper(gap.slots) AS ended_at,
    ceil(extract(EPOCH FROM upper(gap.slots) - lower(gap.slots)) / :every::int)::int AS missing,
    sample_before.at AS last_sample_at, coalesce(sample_before.stopping, FALSE) AS stopped,
    sample_after.at AS next_sample_at, sample_after.silent_seconds, sample_after.failed_attempts, sample_after.failure
FROM covered
CROSS JOIN LATERAL unnest(
    tstzmultirange(tstzrange(:begin_at::timestamptz, :until::timestamptz)) - coalesce(covered.slots, '{}')
) AS gap (slots)
LEFT JOIN LATERAL (
    SELECT sample.at, sample.stopping FROM service_samples AS sample
    WHERE sample.at < lower(gap.slots) ORDER BY sample.at DESC LIMIT 1
) AS sample_before ON TRUE
LEFT JOIN LATERAL (
    SELECT sample.at, sample.silent_seconds, sample.failed_attempts, sample.failure FROM service_samples AS sample
    WHERE sample.at >= upper(gap.slots) ORDER BY sample.at LIMIT 1
) AS sample_after ON TRUE
ORDER BY lower(gap.slots)
LIMIT 10000;

-- name: list_instances(begin_at, end_at)
-- The processes that served in a time, by their first sample in it.
SELECT
    sample.instance_id, max(sample.version) AS version, min(sample.at) AS first_sample_at,
    max(sample.at) AS last_sample_at, count(*)::int AS samples, bool_or(sample.stopping) AS stopped
FROM service_samples AS sample
WHERE sample.at >= :begin_at::timestamptz AND sample.at < :end_at::timestamptz
GROUP BY sample.instance_id
ORDER BY min(sample.at), sample.instance_id
LIMIT 1000;

-- name: list_minutes(begin_at, until)
-- The samples minute by minute, minutes without any as well.
WITH measured AS (
    SELECT
        date_trunc('minute', sample.at) AS at, count(*)::int AS samples,
        count(DISTINCT sample.instance_id)::int AS instances, max(sample.round_trip_ms) AS slowest_ms,
        sum(sample.server_errors)::int AS server_errors
    FROM service_samples AS sample
    WHERE sample.at >= :begin_at::timestamptz AND sample.at < :until::timestamptz
    GROUP BY date_trunc('minute', sample.at)
)

SELECT
    minute.at, coalesce(measured.samples, 0) AS samples, coalesce(measured.instances, 0) AS instances,
    measured.slowest_ms, coalesce(measured.server_errors, 0) AS server_errors
FROM generate_series(
    date_trunc('minute', :begin_at::timestamptz), :until::timestamptz - interval '1 microsecond', interval '1 minute'
) AS minute (at)
LEFT JOIN measured ON minute.at = measured.at
WHERE :begin_at::timestamptz < :until::timestamptz
ORDER BY minute.at
LIMIT 10000;

-- name: get_sealed_since()$
-- The publication of the oldest tender that still has a lot to be opened: requests counted later may be bids for it.
SELECT min(tender.published_at) AS sealed_since
FROM lots AS lot
INNER JOIN tenders AS tender ON lot.tender_id = tender.id
WHERE lot.opened_at IS NULL AND lot.cancelled_at IS NULL AND tender.published_at IS NOT NULL;

-- name: list_samples(begin_at, end_at, counts_before)
-- Every sample of a time as a line of JSON; what was requested is told only of the time before an instant.
SELECT
    json_strip_nulls(json_build_object(
        'at', to_char(sample.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
        'instance_id', sample.instance_id, 'number', sample.number, 'every_seconds', sample.every_seconds,
        'version', sample.version, 'stopping', sample.stopping, 'round_trip_ms', sample.round_trip_ms::text,
        'failed_attempts', sample.failed_attempts, 'silent_seconds', sample.silent_seconds::text,
        'failure', sample.failure, 'clock_offset_ms', sample.clock_offset_ms::text,
        'ntp_synchronised', sample.ntp_synchronised, 'ntp_error_ms', sample.ntp_error_ms::text,
        'server_errors', sample.server_errors,
        'requests', CASE WHEN sample.at < :counts_before::timestamptz THEN sample.requests END,
        'failures', CASE WHEN sample.at < :counts_before::timestamptz THEN sample.failures END,
        'queue_length', CASE WHEN sample.at < :counts_before::timestamptz THEN sample.queue_length END,
        'disk_free_bytes', CASE WHEN sample.at < :counts_before::timestamptz THEN sample.disk_free_bytes END
    ))::text AS line
FROM service_samples AS sample
WHERE sample.at >= :begin_at::timestamptz AND sample.at < :end_at::timestamptz
ORDER BY sample.at, sample.instance_id, sample.number
LIMIT 1000000;

-- name: list_deadlines(tender_id)
-- Every deadline that the tender has had, the present one last.
SELECT DISTINCT deadline.at
FROM (
    SELECT tender.submission_deadline AS at FROM tenders AS tender WHERE tender.id = :tender_id::uuid
    UNION
    SELECT proposal.submission_deadline FROM corrigendum_proposals AS proposal
    WHERE proposal.tender_id = :tender_id::uuid
) AS deadline
ORDER BY deadline.at
LIMIT 1000;

-- name: list_attempts(log_id, supplier_id, opened)
-- What suppliers tried at a tender, from its log: all of them, or one supplier; positions only once all is opened.
-- An attempt that was written down later carries its own instant; one without a known sender has no supplier.
WITH attempt AS (
    SELECT
        event.position, event.kind, event.data, supplier.id AS supplier_id, supplier.name AS supplier,
        coalesce(
            (event.data ->> 'arrived_at')::timestamptz, (event.data ->> 'answered_at')::timestamptz, event.at
        ) AS at
    FROM events AS event
    LEFT JOIN people AS person ON event.person_id = person.id
    LEFT JOIN organisations AS supplier
        ON supplier.id = coalesce(
            (event.data ->> 'supplier_id')::uuid, (event.data ->> 'organisation_id')::uuid, person.organisation_id
        )
    WHERE
        event.log_id = :log_id::uuid
        AND (
            event.kind IN (
                'bid.validated', 'bid.submitted', 'bid.replaced', 'bid.withdrawn', 'bid.late', 'bid.interrupted',
                'document.received', 'document.late', 'document.interrupted'
            )
            OR (event.kind = 'refused' AND event.data ->> 'method' <> 'GET')
        )
        AND (supplier.kind = 'supplier' OR supplier.id IS NULL)
        AND (:supplier_id::uuid IS NULL OR supplier.id = :supplier_id::uuid)
)

SELECT
    CASE WHEN :opened::boolean THEN attempt.position END AS position,
    attempt.supplier_id, attempt.supplier, attempt.kind, attempt.at,
    attempt.data ->> 'lot_id' AS lot_id, attempt.data ->> 'bid_id' AS bid_id,
    attempt.data ->> 'document_id' AS document_id,
    (attempt.data ->> 'version')::int AS version,
    coalesce(attempt.data ->> 'size', attempt.data ->> 'announced')::bigint AS size,
    attempt.data ->> 'problem' AS problem, attempt.data ->> 'detail' AS detail,
    attempt.data ->> 'method' AS method, attempt.data ->> 'path' AS path
FROM attempt
ORDER BY attempt.at, attempt.position
LIMIT 1000000;
