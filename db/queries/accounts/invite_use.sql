UPDATE invite SET used = used + 1 WHERE secret_hash = ?1 AND used < uses AND expires_ms > ?2;
