SELECT id, room_id, agent_id, started_by, reply_to, state, step, execution_id, created_ms, started_ms, ended_ms,
       first_offset, last_offset, message_id, text
FROM run WHERE id = ?1;
