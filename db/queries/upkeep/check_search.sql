-- The index has every message up to the watermark, none above it, and the watermark is one that was reached
WITH mark AS (SELECT CAST(value AS INTEGER) AS id FROM setting WHERE name = 'search_watermark')
SELECT 'The setting search_watermark is missing: nothing is found by searching.' WHERE NOT EXISTS (SELECT 1 FROM mark)
UNION ALL
SELECT printf('The search index is said to reach message %d, but the newest there has been is %d.', mark.id, newest)
FROM mark, (SELECT coalesce(max(seq), 0) AS newest FROM sqlite_sequence WHERE name = 'message') WHERE mark.id > newest
UNION ALL
SELECT printf('%d messages are not in the search index, which is said to reach message %d.', count(*), mark.id)
FROM mark JOIN message m ON m.id <= mark.id AND m.deleted_by = ''
WHERE NOT EXISTS (SELECT 1 FROM message_text_docsize t WHERE t.id = m.id) GROUP BY mark.id
UNION ALL
SELECT printf('The search index has %d messages that are not there, or are above message %d, where it is said to end.', count(*), mark.id)
FROM mark, message_text_docsize t
WHERE t.id > mark.id OR NOT EXISTS (SELECT 1 FROM message m WHERE m.id = t.id) GROUP BY mark.id
LIMIT ?1;
