INSERT INTO run (id, room_id, agent_id, started_by, reply_to, state, step, execution_id, created_ms, started_ms, ended_ms,
                 first_offset, last_offset, message_id, text)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15);
