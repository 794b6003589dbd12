-- A notice about a contract's performance makes public what it says, so that it asks for a release as well; what was
-- published earlier gets its release now.
CREATE TRIGGER performance_notices_ask_for_a_release AFTER INSERT ON events
FOR EACH ROW WHEN (NEW.kind = 'performance-notice.published')
EXECUTE FUNCTION ask_for_release();

INSERT INTO pgqueuer (priority, entrypoint, payload, dedupe_key, status)
SELECT 0, 'ocds-release', convert_to(tender.id || ' 0', 'UTF8'), 'ocds-release:' || tender.id || ' 45', 'queued'
FROM tenders AS tender
WHERE EXISTS (
    SELECT FROM performance_notices AS notice
    INNER JOIN lots AS lot ON notice.lot_id = lot.id
    WHERE lot.tender_id = tender.id
);
