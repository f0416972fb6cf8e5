DELETE FROM reaction WHERE message_id = ?1 AND emoji = ?2 AND user_id = ?3;
