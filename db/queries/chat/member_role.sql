-- Who was erased may do nothing, also before the membership itself is gone
SELECT m.role FROM member m JOIN user u ON u.id = m.user_id WHERE m.room_id = ?1 AND m.user_id = ?2 AND u.active = 1;
