-- Newest messages that may ask @nook (the caller looks closer) and have no run: a stop came between the message and its run.
-- What was imported (a key of author 0) asked somebody else, long ago: those keys are walked once, if anything is asked at all
SELECT m.id, m.room_id, m.author_id, m.text, o.direct_a
FROM message m JOIN user u ON u.id = m.author_id JOIN room o ON o.id = m.room_id
WHERE m.id > (SELECT max(id) FROM message) - 10000 AND m.text <> ''
  AND (m.text LIKE '%@nook%' OR o.direct_a = 1) AND u.role <> 'agent' AND u.active = 1
  AND NOT EXISTS (SELECT 1 FROM run r WHERE r.reply_to = m.id AND r.reply_to > 0)
  AND m.id NOT IN (SELECT k.message_id FROM send_key k
                   WHERE k.author_id = 0 AND k.message_id > (SELECT max(id) FROM message) - 10000)
ORDER BY m.id;
