SELECT u.id FROM user u JOIN member m ON m.room_id = ?1 AND m.user_id = u.id WHERE u.name = ?2;
