-- Rooms that ?1 may join: nothing of what is written there
SELECT r.id, r.name, r.topic, r.private, r.created_ms,
       (SELECT count(*) FROM member x WHERE x.room_id = r.id),
       0, '', 0, 0, 0, 0, 0, 0, 0, NULL, NULL, NULL, NULL, 0, 0
FROM room r
WHERE r.private = 0 AND NOT EXISTS (SELECT 1 FROM member x WHERE x.room_id = r.id AND x.user_id = ?1)
ORDER BY r.id LIMIT 1000;
