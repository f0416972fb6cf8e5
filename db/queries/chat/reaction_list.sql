SELECT emoji, user_id FROM reaction WHERE message_id = ?1 ORDER BY id;
