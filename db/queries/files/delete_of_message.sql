DELETE FROM file WHERE message_id = ?1;
