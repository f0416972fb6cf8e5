SELECT messages, asked_ms, ended_ms, done, total FROM erasure WHERE user_id = ?1;
