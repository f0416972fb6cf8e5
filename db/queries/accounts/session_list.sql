SELECT id, client, address, created_ms, seen_ms, expires_ms
FROM session WHERE user_id = ?1 AND expires_ms > ?2 ORDER BY id DESC;
