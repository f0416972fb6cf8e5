-- Since when the tab ?2 of ?1 is connected anew, in a connection other than ?3 that began at ?4 or later
SELECT since_ms FROM connection
WHERE user_id = ?1 AND closed_ms = 0 AND tab = ?2 AND tab <> '' AND id <> ?3 AND since_ms >= ?4
ORDER BY since_ms LIMIT 1;
