-- The rooms of ?1 with their names, by id
SELECT r.id, r.name FROM member m JOIN room r ON r.id = m.room_id WHERE m.user_id = ?1 ORDER BY m.room_id;
