-- name: get_files(kind, about_id, lang, data_digest)^
-- The files of the paper that was made from this very data, its seal behind the PDF; the digest is of its own bytes.
SELECT made.pdf || coalesce(made.signature, ''::bytea) AS pdf, made.html, made.digest
FROM papers AS paper
INNER JOIN paper_files AS made ON paper.id = made.paper_id
WHERE
    paper.kind = :kind::text AND paper.about_id = :about_id::uuid AND paper.lang = :lang::text
    AND paper.data_digest = :data_digest::text;

-- name: insert_paper(tender_id, kind, about_id, lang, data, data_digest)!
-- Keep what a paper is made from; the same data is kept once.
INSERT INTO papers (tender_id, kind, about_id, lang, data, data_digest, asked_at)
VALUES (
    :tender_id::uuid, :kind::text, :about_id::uuid, :lang::text, :data::bytea, :data_digest::text, clock_timestamp()
)
ON CONFLICT ON CONSTRAINT papers_are_told_apart_by_their_data DO NOTHING;

-- name: find_paper(kind, about_id, lang, data_digest)$
-- The paper that is made from this data.
SELECT paper.id
FROM papers AS paper
WHERE
    paper.kind = :kind::text AND paper.about_id = :about_id::uuid AND paper.lang = :lang::text
    AND paper.data_digest = :data_digest::text;

-- name: get_paper(paper_id)^
-- What a paper is made from.
SELECT paper.tender_id, paper.kind, paper.about_id, paper.lang, paper.data, paper.data_digest
FROM papers AS paper
WHERE paper.id = :paper_id::uuid;

-- name: insert_files(paper_id, pdf, html, digest, signature)$
-- Keep the files of a paper for good; the first ones stay.
INSERT INTO paper_files (paper_id, pdf, html, digest, signature, stored_at)
VALUES (:paper_id::uuid, :pdf::bytea, :html::text, :digest::text, :signature::bytea, clock_timestamp())
ON CONFLICT ON CONSTRAINT paper_files_are_stored_once DO NOTHING
RETURNING digest;
