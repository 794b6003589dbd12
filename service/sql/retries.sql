-- name: begin_request(name, older, fingerprint)$
-- Claim a request's name for this transaction, and throw away a few answers that are too old; None where the name is
-- taken. Waits for whoever has claimed it and is not done.
WITH old AS (
    DELETE FROM request_answers
    WHERE name IN (
        SELECT past.name FROM request_answers AS past
        WHERE past.at < clock_timestamp() - interval '8 days'
        ORDER BY past.at
        LIMIT 20
        FOR UPDATE SKIP LOCKED
    )
)

INSERT INTO request_answers (name, fingerprint)
SELECT :name::text, :fingerprint::text
WHERE NOT EXISTS (SELECT FROM request_answers AS known WHERE known.name = ANY (:older::text []))
ON CONFLICT (name) DO NOTHING
RETURNING name;

-- name: find_answer(names)^
-- The answer that the first request with one of these names was given.
SELECT known.fingerprint, known.answer
FROM request_answers AS known
WHERE known.name = ANY (:names::text [])
ORDER BY known.at
LIMIT 1;

-- name: keep_answer(name, answer)!
-- Keep the sealed answer with the request's name, in the transaction of what it tells of.
UPDATE request_answers SET answer = :answer::bytea
WHERE name = :name::text;
