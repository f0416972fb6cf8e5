-- Who started a run, its answer, and whether that is there with its text
SELECT r.started_by, r.message_id, m.offset, coalesce(m.deleted_by = '', 0)
FROM run r LEFT JOIN message m ON m.id = r.message_id AND m.room_id = r.room_id WHERE r.id = ?1 AND r.room_id = ?2;
