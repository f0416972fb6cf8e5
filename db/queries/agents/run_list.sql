-- Runs of room ?1, newest first
SELECT r.id, r.room_id, r.text, r.state, r.started_ms, r.ended_ms, r.first_offset, r.last_offset, r.message_id,
       a.id, a.name, a.display, a.role, s.id, s.name, s.display, s.role
FROM run r JOIN user a ON a.id = r.agent_id JOIN user s ON s.id = r.started_by
WHERE r.room_id = ?1 ORDER BY r.created_ms DESC, r.rowid DESC LIMIT ?2;
