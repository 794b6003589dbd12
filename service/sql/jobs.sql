-- name: any_job()$
-- Whether anything is queued, or was being done by a worker that may have died.
SELECT EXISTS (SELECT 1 FROM pgqueuer WHERE status IN ('queued', 'picked'));

-- name: enqueue_job(duty, payload, key, headers)!
-- Queue a job in the caller's transaction; the same job again, while it waits or runs, changes nothing.
INSERT INTO pgqueuer (priority, entrypoint, payload, dedupe_key, status, headers)
VALUES (0, :duty::text, :payload::bytea, :key::text, 'queued', :headers::jsonb)
ON CONFLICT (dedupe_key) WHERE status IN ('queued', 'picked') AND dedupe_key IS NOT NULL DO NOTHING;

-- name: enqueue_later(duty, payload, key, at)!
-- The same for a job that nobody begins before an instant.
INSERT INTO pgqueuer (priority, entrypoint, payload, dedupe_key, status, execute_after)
VALUES (0, :duty::text, :payload::bytea, :key::text, 'queued', :at::timestamptz)
ON CONFLICT (dedupe_key) WHERE status IN ('queued', 'picked') AND dedupe_key IS NOT NULL DO NOTHING;

-- name: enqueue_jobs(duty, payloads, keys)!
-- Queue several jobs of one duty in the caller's transaction; those that wait or run already stay as they are.
INSERT INTO pgqueuer (priority, entrypoint, payload, dedupe_key, status)
SELECT 0, :duty::text, job.payload, job.key, 'queued'
FROM unnest(:payloads::bytea [], :keys::text []) AS job (payload, key)
ON CONFLICT (dedupe_key) WHERE status IN ('queued', 'picked') AND dedupe_key IS NOT NULL DO NOTHING;

-- name: hasten_job(duty, payload, key)!
-- Queue a job; one that waits for its turn is due now, one that runs goes on.
INSERT INTO pgqueuer AS job (priority, entrypoint, payload, dedupe_key, status)
VALUES (0, :duty::text, :payload::bytea, :key::text, 'queued')
ON CONFLICT (dedupe_key) WHERE status IN ('queued', 'picked') AND dedupe_key IS NOT NULL
DO UPDATE SET execute_after = clock_timestamp() WHERE job.status = 'queued';

-- name: begin_attempt(key)$
-- Count an attempt before it is made, and say which one it is.
INSERT INTO job_attempts AS attempts (key, begun)
VALUES (:key::text, 1)
ON CONFLICT ON CONSTRAINT job_attempts_one_count_per_job DO UPDATE SET begun = attempts.begun + 1
RETURNING begun;

-- name: take_back_attempt(key)!
-- An attempt that was stopped from outside does not count.
UPDATE job_attempts SET begun = begun - 1 WHERE key = :key::text;

-- name: note_failure(key, failure, mend)!
-- Keep why the last attempt failed.
UPDATE job_attempts SET failure = :failure::text, mend = :mend::text WHERE key = :key::text;

-- name: note_progress(key, parts_done, parts_total)!
-- Say how far a job is.
UPDATE job_attempts
SET parts_done = :parts_done::integer, parts_total = :parts_total::integer
WHERE key = :key::text;

-- name: find_progress(key)^
-- How far a job is.
SELECT attempts.parts_done, attempts.parts_total
FROM job_attempts AS attempts
WHERE attempts.key = :key::text;

-- name: give_up(key, failure)!
-- No further attempt is made. A worker that died could not say why; the earlier reason then stands.
UPDATE job_attempts
SET given_up_at = clock_timestamp(), failure = coalesce(failure, :failure::text)
WHERE key = :key::text;

-- name: forget_attempts(key)!
-- The job is done, or is to be begun anew.
DELETE FROM job_attempts WHERE key = :key::text;

-- name: find_failure(key)^
-- Why a job was given up, and how many seconds ago.
SELECT
    attempts.failure, attempts.mend, extract(EPOCH FROM clock_timestamp() - attempts.given_up_at)::int AS seconds_ago
FROM job_attempts AS attempts
WHERE attempts.key = :key::text AND attempts.given_up_at IS NOT NULL;
