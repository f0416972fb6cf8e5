-- The message of a name in its source; the keys of author 0 are these names, never expire, and outlast their messages
SELECT k.message_id, coalesce(m.room_id, 0), k.offset FROM send_key k LEFT JOIN message m ON m.id = k.message_id
WHERE k.author_id = 0 AND k.key = ?1;
