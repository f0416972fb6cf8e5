-- Where a message of ?2 in room ?1 goes: the room's newest offset, the author, whether they are a member and not erased, and the
-- smaller id of the two of a conversation
SELECT r.top, u.id, u.name, u.display, u.role,
       u.active = 1 AND EXISTS (SELECT 1 FROM member m WHERE m.room_id = ?1 AND m.user_id = ?2),
       r.direct_a
FROM room r JOIN user u ON u.id = ?2 WHERE r.id = ?1;
