-- Connections of ?1 that ended at ?2 or later, the first ones
SELECT id, client, since_ms, closed_ms, code, reason, closed_by, back_ms, recovered, queue_peak_bytes
FROM connection WHERE user_id = ?1 AND closed_ms >= ?2 AND closed_ms > 0 ORDER BY closed_ms LIMIT ?3;
