SELECT printf('%d mentions in room %d are of messages or people that are not there.', count(*), n.room_id)
FROM mention n
WHERE NOT EXISTS (SELECT 1 FROM message m WHERE m.room_id = n.room_id AND m.offset = n.message_offset)
   OR NOT EXISTS (SELECT 1 FROM user u WHERE u.id = n.user_id)
GROUP BY n.room_id LIMIT ?1;
