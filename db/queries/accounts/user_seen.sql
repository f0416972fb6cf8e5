UPDATE user SET seen_ms = max(seen_ms, ?2) WHERE id = ?1 AND active = 1;
