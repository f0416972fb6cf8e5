-- Since when ?1 is connected, or was: ended ones have no index by id, so only the 10,000 that ended last are looked through
SELECT since_ms FROM connection WHERE id = ?1 AND closed_ms = 0
UNION ALL
SELECT since_ms FROM (SELECT id, since_ms FROM connection WHERE closed_ms > 0 ORDER BY closed_ms DESC LIMIT 10000) WHERE id = ?1;
