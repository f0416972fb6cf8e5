DELETE FROM send_key WHERE (author_id, key) IN (SELECT author_id, key FROM send_key WHERE author_id = ?1 LIMIT ?2);
