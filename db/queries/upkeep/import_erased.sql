INSERT INTO erasure (user_id, messages, name, display, asked_by, asked_ms, ended_ms) VALUES (?1, 'keep', '', '', 0, ?2, ?2);
