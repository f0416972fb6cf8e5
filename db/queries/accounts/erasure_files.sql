DELETE FROM file WHERE author_id = ?1 AND message_id IS NULL;
