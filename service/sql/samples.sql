-- name: look_at_clock()^
-- The database's clock, and whether the database sees us at its own address, which is to be on one machine.
SELECT clock_timestamp() AS now, inet_server_addr() IS NOT DISTINCT FROM inet_client_addr() AS on_host;

-- name: insert_sample(instance_id, number, every_seconds, version, stopping, round_trip_ms, failed_attempts, silent_seconds, failure, requests, failures, server_errors, queue_length, disk_free_bytes, clock_offset_ms, ntp_synchronised, ntp_error_ms, database_on_host)$
-- Keep a sample, stamped by the clock that also judges bids.
INSERT INTO service_samples (
    instance_id, number, at, every_seconds, version, stopping, round_trip_ms, failed_attempts, silent_seconds, failure,
    requests, failures, server_errors, queue_length, disk_free_bytes, clock_offset_ms, ntp_synchronised, ntp_error_ms,
    database_on_host
)
VALUES (
    :instance_id::uuid, :number::int, clock_timestamp(), :every_seconds::int, :version::text, :stopping::boolean,
    :round_trip_ms::numeric, :failed_attempts::int, :silent_seconds::numeric, :failure::text, :requests::jsonb,
    :failures::jsonb, :server_errors::int, :queue_length::int, :disk_free_bytes::bigint, :clock_offset_ms::numeric, :ntp_synchronised::boolean,
    :ntp_error_ms::numeric, :database_on_host::boolean
)
RETURNING at;

-- name: prune_samples()$
-- Let go of what no deadline needs any more, by the rule of migration 0011; returns how many.
SELECT prune_service_samples() AS gone;
