SELECT m.id, m.offset, m.created_ms
FROM send_key k JOIN message m ON m.id = k.message_id
WHERE k.author_id = ?1 AND k.key = ?2;
