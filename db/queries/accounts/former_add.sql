-- What user ?1 was called until now, ?2
INSERT OR REPLACE INTO former_display (user_id, display, until_ms) SELECT id, display, ?2 FROM user WHERE id = ?1;
