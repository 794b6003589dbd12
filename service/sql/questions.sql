-- name: lock_published(tender_id)$
-- Lock a published tender, whoever asks, until the transaction ends.
SELECT tender.id
FROM tenders AS tender
WHERE tender.id = :tender_id::uuid AND tender.published_at IS NOT NULL
FOR UPDATE;

-- name: insert_question(tender_id, supplier_id, person_id, question, asked_at)$
-- Keep a supplier's question under the tender's next number.
INSERT INTO questions (tender_id, number, supplier_id, person_id, question, asked_at)
SELECT
    :tender_id::uuid, next_question(:tender_id::uuid), :supplier_id::uuid, :person_id::uuid, :question::text,
    :asked_at::timestamptz
RETURNING number;

-- name: insert_answer(tender_id, number, question, answer, person_id, answered_at)!
-- Keep an answer to all, with the question as it is published, as the next version.
INSERT INTO question_answers (tender_id, number, version, question, answer, person_id, answered_at)
SELECT
    :tender_id::uuid, :number::int,
    1 + (
        SELECT count(*) FROM question_answers AS earlier
        WHERE earlier.tender_id = :tender_id::uuid AND earlier.number = :number::int
    )::int,
    :question::text, :answer::text, :person_id::uuid, :answered_at::timestamptz;

-- name: list_questions(tender_id, supplier_id, number)
-- A tender's questions: for its buyer (no supplier) all as they were asked; for a supplier the answered ones as they are
-- published, and its own.
SELECT
    asked.number,
    CASE
        WHEN :supplier_id::uuid IS NULL OR given.question IS NULL THEN asked.question
        ELSE given.question
    END AS question,
    given.question AS published_question, given.answer, given.version, given.answered_at,
    coalesce(asked.supplier_id = :supplier_id::uuid, FALSE) AS yours
FROM questions AS asked
LEFT JOIN LATERAL (
    SELECT said.question, said.answer, said.version, said.answered_at FROM question_answers AS said
    WHERE said.tender_id = asked.tender_id AND said.number = asked.number
    ORDER BY said.version DESC
    LIMIT 1
) AS given ON TRUE
WHERE
    asked.tender_id = :tender_id::uuid
    AND (:number::int IS NULL OR asked.number = :number::int)
    AND (:supplier_id::uuid IS NULL OR asked.supplier_id = :supplier_id::uuid OR given.version IS NOT NULL)
ORDER BY asked.number, asked.tender_id
LIMIT 10000;

-- name: list_askers(tender_id)
-- Who asked which question; told once no lot of the tender waits for its opening, because who asks is likely to bid.
SELECT asked.number, supplier.name AS supplier
FROM questions AS asked
INNER JOIN lots AS lot ON asked.tender_id = lot.tender_id
INNER JOIN organisations AS supplier ON asked.supplier_id = supplier.id
WHERE asked.tender_id = :tender_id::uuid
GROUP BY asked.number, supplier.name
HAVING bool_and(lot.opened_at IS NOT NULL OR lot.cancelled_at IS NOT NULL)
ORDER BY asked.number, supplier.name
LIMIT 10000;

-- name: list_named(words, supplier_id)
-- The suppliers whose name, but for its legal form, stands in a text: of all that are registered, or the one given.
SELECT supplier.name
FROM organisations AS supplier
CROSS JOIN LATERAL (
    SELECT
        regexp_replace(
            btrim(regexp_replace(lower(supplier.name), '[^[:alnum:]]+', ' ', 'g')),
            '( (ltd|limited|plc|llp|inc|corp|co|cic|gmbh|mbh|ag|kg|sa|sas|sarl|srl|spa|bv|nv|oy|ab|as|aps|lda|sl))+$', ''
        ) AS plain
) AS short
WHERE
    supplier.kind = 'supplier'
    AND (:supplier_id::uuid IS NULL OR supplier.id = :supplier_id::uuid)
    AND length(short.plain) >= 4
    AND strpos(
        ' ' || regexp_replace(lower(:words::text), '[^[:alnum:]]+', ' ', 'g') || ' ', ' ' || short.plain || ' '
    ) > 0
ORDER BY supplier.name, supplier.id
LIMIT 20;
