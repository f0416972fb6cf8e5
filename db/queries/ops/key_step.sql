-- The key that is ?3 behind key ?2 of author ?1, in the order of the table
SELECT author_id, key FROM send_key WHERE (author_id, key) > (?1, ?2) ORDER BY author_id, key LIMIT 1 OFFSET ?3 - 1;
