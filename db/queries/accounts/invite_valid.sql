SELECT id FROM invite WHERE secret_hash = ?1 AND used < uses AND expires_ms > ?2;
