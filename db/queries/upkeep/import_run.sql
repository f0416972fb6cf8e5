INSERT OR IGNORE INTO run (id, room_id, agent_id, started_by, text, reply_to, state, created_ms, started_ms, ended_ms, message_id)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11);
