-- The next batch: at most ?2 rows, none that begins after ?3 characters. Its last id, how many there are in it, and how many
-- there would be without the bound of characters
SELECT coalesce(max(id) FILTER (WHERE earlier < ?3), 0), count(*) FILTER (WHERE earlier < ?3), count(*)
FROM (SELECT id, sum(length(text)) OVER (ORDER BY id) - length(text) AS earlier
      FROM (SELECT id, text FROM message WHERE id > ?1 ORDER BY id LIMIT ?2));
