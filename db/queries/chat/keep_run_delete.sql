-- Ended runs whose last event is gone
DELETE FROM run WHERE id IN (SELECT id FROM run WHERE room_id = ?1 AND last_offset BETWEEN 1 AND ?2 AND ended_ms > 0 LIMIT 50);
