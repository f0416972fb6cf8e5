-- The message_edited event of message ?1, if there is one, keeps no more than which message it was of
UPDATE stream
SET data = (SELECT json_object('type', 'message_edit_replaced',
                               'message', json_object('id', CAST(m.id AS TEXT), 'room', CAST(m.room_id AS TEXT), 'offset', m.offset))
            FROM message m WHERE m.id = ?1)
WHERE room_id = (SELECT room_id FROM message WHERE id = ?1)
  AND offset = (SELECT edit_offset FROM message WHERE id = ?1 AND edit_offset > 0);
