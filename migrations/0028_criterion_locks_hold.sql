-- Behind the lock of a criterion no panel score and no agreed score of it comes in or changes, whoever asks for it. A lock
-- waits for scores that are on their way, and they for the lock: neither slips past the other.

CREATE FUNCTION refuse_score_behind_a_lock() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    touched text [] := ARRAY[NEW.criterion_id];
    touched_bids uuid [] := ARRAY[NEW.bid_id];
BEGIN
    IF TG_OP = 'UPDATE' THEN
        touched := touched || OLD.criterion_id;
        touched_bids := touched_bids || OLD.bid_id;
    END IF;
    PERFORM FROM lots AS lot
    WHERE lot.id IN (SELECT opened.lot_id FROM opened_bids AS opened WHERE opened.bid_id = ANY (touched_bids))
    FOR SHARE;
    IF EXISTS (
        SELECT FROM criterion_locks AS held
        INNER JOIN opened_bids AS opened ON held.lot_id = opened.lot_id
        LEFT JOIN criterion_unlocks AS lifted
            ON held.lot_id = lifted.lot_id AND held.criterion_id = lifted.criterion_id AND held.number = lifted.number
        WHERE opened.bid_id = ANY (touched_bids) AND held.criterion_id = ANY (touched) AND lifted.lot_id IS NULL
    ) THEN
        RAISE EXCEPTION 'the criterion is locked'
        USING ERRCODE = 'check_violation', CONSTRAINT = TG_NAME, TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NULL;
END
$$;

CREATE CONSTRAINT TRIGGER panel_scores_stay_behind_a_lock AFTER INSERT OR UPDATE ON panel_scores
FOR EACH ROW EXECUTE FUNCTION refuse_score_behind_a_lock();
CREATE CONSTRAINT TRIGGER consensus_scores_stay_behind_a_lock AFTER INSERT OR UPDATE ON consensus_scores
FOR EACH ROW EXECUTE FUNCTION refuse_score_behind_a_lock();

CREATE FUNCTION wait_for_scores_on_their_way() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    PERFORM FROM lots AS lot WHERE lot.id = NEW.lot_id FOR NO KEY UPDATE;
    RETURN NEW;
END
$$;

CREATE TRIGGER criterion_locks_wait_for_scores BEFORE INSERT ON criterion_locks
FOR EACH ROW EXECUTE FUNCTION wait_for_scores_on_their_way();

-- What is recommended and what is withheld say more than before: with how many suppliers a framework is concluded, and by
-- which of the law's grounds a field is kept from others. Rows of before this migration say neither.
ALTER TABLE recommendations ADD COLUMN places integer;
ALTER TABLE recommendations
ADD CONSTRAINT recommendations_are_for_two_places_or_more CHECK (places > 1) NOT VALID;
ALTER TABLE letter_redactions ADD COLUMN ground text;
