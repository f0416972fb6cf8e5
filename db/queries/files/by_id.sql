SELECT f.id, f.author_id, f.blob, f.name, f.size, f.type, f.width, f.height, f.sha256, f.created_ms, f.room_id, coalesce(f.message_id, 0)
FROM file f WHERE f.id = ?1;
