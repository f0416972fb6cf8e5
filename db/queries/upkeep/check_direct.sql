-- A conversation of two is private, and nobody is in it but the two and Nook
SELECT printf('Room %d, a conversation of users %d and %d, is open to everybody.', id, direct_a, direct_b)
FROM room WHERE direct_b > 0 AND private = 0
UNION ALL
SELECT printf('User %d is in room %d, a conversation of users %d and %d.', m.user_id, r.id, r.direct_a, r.direct_b)
FROM room r JOIN member m ON m.room_id = r.id
WHERE r.direct_b > 0 AND m.user_id NOT IN (r.direct_a, r.direct_b, 1)
LIMIT ?1;
