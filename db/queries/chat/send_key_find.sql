SELECT message_id, offset, created_ms FROM send_key WHERE author_id = ?1 AND key = ?2;
