-- What a stop or a crash left open, in the order in which it was asked for
SELECT id, room_id, agent_id, started_by, reply_to, state, step, execution_id, created_ms, started_ms, ended_ms,
       first_offset, last_offset, message_id, text
FROM run INDEXED BY run_open WHERE state IN ('queued', 'running') ORDER BY created_ms, rowid LIMIT ?1;
