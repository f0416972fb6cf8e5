-- The last id of the next batch of ?2 rows, and how many they are
SELECT coalesce(max(id), 0), count(*) FROM (SELECT id FROM message WHERE id > ?1 ORDER BY id LIMIT ?2);
