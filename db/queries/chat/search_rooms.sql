-- The rooms of ?1 with their names, by id
SELECT r.id, coalesce((SELECT d.display FROM user d WHERE r.direct_b > 0 AND d.id = r.direct_a + r.direct_b - ?1), r.name)
FROM member m JOIN room r ON r.id = m.room_id WHERE m.user_id = ?1 ORDER BY m.room_id;
