DELETE FROM send_key WHERE (author_id, key) IN
    (SELECT author_id, key FROM send_key WHERE created_ms < ?1 ORDER BY created_ms LIMIT ?2);
