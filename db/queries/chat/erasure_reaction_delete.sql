DELETE FROM reaction WHERE message_id = ?1 AND user_id = ?2;
