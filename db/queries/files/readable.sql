-- File ?1, if it is whole and ?2 may see it: its author until it is sent, then the members of its room
SELECT f.id, f.author_id, f.blob, f.name, f.size, f.type, f.width, f.height, f.sha256, f.created_ms, f.room_id, coalesce(f.message_id, 0)
FROM file f
WHERE f.id = ?1 AND f.sha256 <> ''
  AND iif(f.message_id IS NULL, f.author_id = ?2, EXISTS (SELECT 1 FROM member m WHERE m.room_id = f.room_id AND m.user_id = ?2));
