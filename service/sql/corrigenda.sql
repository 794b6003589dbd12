-- name: insert_proposal(tender_id, person_id, reason, changes, tender_version, submission_deadline, later_deadline, proposed_at)$
-- Write down a proposed change of a published tender, under the next number of the tender's corrigenda.
INSERT INTO corrigendum_proposals (
    tender_id, number, person_id, reason, changes, tender_version, submission_deadline, later_deadline, proposed_at
)
SELECT
    :tender_id::uuid,
    1 + coalesce(greatest(
        (SELECT max(earlier.number) FROM corrigendum_proposals AS earlier WHERE earlier.tender_id = :tender_id::uuid),
        (SELECT max(issued.number) FROM corrigenda AS issued WHERE issued.tender_id = :tender_id::uuid)
    ), 0),
    :person_id::uuid, :reason::text, :changes::jsonb, :tender_version::int, :submission_deadline::timestamptz,
    :later_deadline::timestamptz, :proposed_at::timestamptz
RETURNING number;

-- name: list_proposals(tender_id, number)
-- A tender's proposed corrigenda in order, or the one of a number, each with what was decided about it and by whom.
SELECT
    proposal.number, proposal.reason, proposal.changes, proposal.tender_version, proposal.submission_deadline,
    proposal.person_id AS proposed_by_id, proposer.name AS proposed_by, proposal.proposed_at,
    decision.decision, decider.name AS decided_by, decision.decided_at,
    EXISTS (
        SELECT 1 FROM tender_roles AS held
        WHERE
            held.tender_id = proposal.tender_id AND held.person_id = proposal.person_id
            AND held.role IN ('author', 'approver')
    ) AS proposer_holds_role
FROM corrigendum_proposals AS proposal
INNER JOIN people AS proposer ON proposal.person_id = proposer.id
LEFT JOIN corrigendum_decisions AS decision
    ON proposal.tender_id = decision.tender_id AND proposal.number = decision.number
LEFT JOIN people AS decider ON decision.person_id = decider.id
WHERE proposal.tender_id = :tender_id::uuid AND (:number::int IS NULL OR proposal.number = :number::int)
ORDER BY proposal.number
LIMIT 1000;

-- name: decide_proposal(tender_id, number, proposer_id, person_id, decision, decided_at)!
-- Keep what a person decided about a proposal: once, and confirmed only by somebody else than its proposer.
INSERT INTO corrigendum_decisions (tender_id, number, proposer_id, person_id, decision, decided_at)
VALUES (
    :tender_id::uuid, :number::int, :proposer_id::uuid, :person_id::uuid, :decision::text, :decided_at::timestamptz
);

-- name: insert_corrigendum(tender_id, number, reason, changes, person_id, issued_at)!
-- Publish a confirmed change under the number of its proposal; the person is the one who confirmed it.
INSERT INTO corrigenda (tender_id, number, reason, changes, person_id, issued_at)
VALUES (
    :tender_id::uuid, :number::int, :reason::text, :changes::jsonb, :person_id::uuid, :issued_at::timestamptz
);
