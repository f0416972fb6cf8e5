-- Which browsers may be told of the message of room ?1 at offset ?2: of those it names, and of the other one of a conversation of
-- two who has not muted it, who are in the room and logged in at ?3
SELECT p.id, p.user_id, p.endpoint, p.p256dh, p.auth, p.sent_ms, p.failed_ms, a.display, r.name, r.direct_b > 0, m.text
FROM message m
JOIN room r ON r.id = m.room_id
JOIN user a ON a.id = m.author_id
JOIN (
    SELECT user_id FROM mention WHERE room_id = ?1 AND message_offset = ?2
    UNION SELECT b.user_id FROM room d JOIN member b ON b.room_id = d.id WHERE d.id = ?1 AND d.direct_b > 0 AND b.muted = 0
) w ON w.user_id <> m.author_id
JOIN member b ON b.room_id = ?1 AND b.user_id = w.user_id
JOIN user u ON u.id = w.user_id AND u.active = 1
JOIN push_subscription p ON p.user_id = w.user_id
JOIN session s ON s.id = p.session_id AND s.expires_ms > ?3
WHERE m.room_id = ?1 AND m.offset = ?2 AND m.deleted_by = '';
