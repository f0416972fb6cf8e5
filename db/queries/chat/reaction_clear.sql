DELETE FROM reaction WHERE message_id = ?1;
