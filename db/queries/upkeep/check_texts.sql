-- The message_created event of a message and the message_edited event of its last edit say what the row says; no other event of
-- an edit has a text
SELECT printf('Message %d in room %s (%d): event %d says something else.', m.id, r.name, r.id, s.offset)
FROM message m JOIN room r ON r.id = m.room_id JOIN stream s ON s.room_id = m.room_id AND s.offset IN (m.offset, m.edit_offset)
WHERE json_valid(s.data) AND json_extract(s.data, '$.message.id') IS CAST(m.id AS TEXT)
  AND (json_extract(s.data, '$.message.text') IS NOT m.text
       OR coalesce(json_extract(s.data, '$.message.edited'), 0) <> m.edited_ms)
UNION ALL
SELECT printf('Message %d in room %s (%d): the event of its last edit, number %d, is missing.', m.id, r.name, r.id, m.edit_offset)
FROM message m JOIN room r ON r.id = m.room_id
WHERE m.edit_offset > 0 AND m.edit_offset > (SELECT min(x.offset) FROM stream x WHERE x.room_id = m.room_id)
  AND NOT EXISTS (SELECT 1 FROM stream s
                  WHERE s.room_id = m.room_id AND s.offset = m.edit_offset AND json_valid(s.data)
                    AND json_extract(s.data, '$.type') = 'message_edited'
                    AND json_extract(s.data, '$.message.id') = CAST(m.id AS TEXT))
UNION ALL
SELECT printf('Room %s (%d): event %d has a text that a message had before.', r.name, r.id, s.offset)
FROM stream s JOIN room r ON r.id = s.room_id
WHERE iif(json_valid(s.data), json_extract(s.data, '$.type'), '') = 'message_edited'
  AND NOT EXISTS (SELECT 1 FROM message m
                  WHERE m.id = CAST(json_extract(s.data, '$.message.id') AS INTEGER) AND m.room_id = s.room_id
                    AND m.edit_offset = s.offset)
LIMIT ?1;
