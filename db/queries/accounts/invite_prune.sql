DELETE FROM invite WHERE expires_ms < ?1;
