-- Forgets the keys behind (?1, ?2) up to (?3, ?4) that are older than ?5
DELETE FROM send_key WHERE (author_id, key) > (?1, ?2) AND (author_id, key) <= (?3, ?4) AND created_ms < ?5;
