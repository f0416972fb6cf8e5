UPDATE room SET last_ms = max(last_ms, ?2) WHERE id = ?1;
