-- The same of user ?2, of whom the last 1,000 are looked through
SELECT since_ms FROM connection WHERE id = ?1 AND closed_ms = 0 AND user_id = ?2
UNION ALL
SELECT since_ms FROM (SELECT id, since_ms FROM connection WHERE user_id = ?2 AND closed_ms > 0 ORDER BY closed_ms DESC LIMIT 1000)
WHERE id = ?1;
