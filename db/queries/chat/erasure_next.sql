-- The first that has not ended
SELECT e.user_id, e.messages, e.display, e.stage, e.room_id, e.offset, e.changed, e.done, u.name, u.display, u.role
FROM erasure e INDEXED BY erasure_open JOIN user u ON u.id = e.user_id WHERE e.ended_ms = 0 ORDER BY e.user_id LIMIT 1;
