-- name: insert_scores(person_id, scores)
-- Keep one evaluator's scores of a sheet, each as a new version, and clear the drafts that they were typed in.
WITH given AS (
    SELECT score.bid_id, score.criterion_id, score.version, score.value, score.reason, score.cites, score.change_reason
    FROM jsonb_to_recordset(:scores::jsonb) AS score (
        bid_id uuid, criterion_id text, version int, value text, reason text, cites text [], change_reason text
    )
), cleared AS (
    DELETE FROM score_drafts AS draft USING given
    WHERE
        draft.bid_id = given.bid_id AND draft.criterion_id = given.criterion_id
        AND draft.person_id = :person_id::uuid
)

INSERT INTO panel_scores (
    bid_id, criterion_id, person_id, version, value, reason, cites, change_reason, given_at
)
SELECT
    given.bid_id, given.criterion_id, :person_id::uuid, given.version, given.value, given.reason, given.cites,
    given.change_reason, clock_timestamp()
FROM given
RETURNING bid_id, criterion_id, person_id, version, value, reason, cites, change_reason, given_at;
