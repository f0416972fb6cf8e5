SELECT printf('Room %s (%d): the read mark of user %d is %d, above its newest event, %d.', r.name, r.id, m.user_id, m.read_offset, r.top)
FROM member m JOIN room r ON r.id = m.room_id WHERE m.read_offset > r.top LIMIT ?1;
