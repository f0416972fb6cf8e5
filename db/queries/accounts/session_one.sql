SELECT id, client, address, created_ms, seen_ms, expires_ms FROM session WHERE id = ?1;
