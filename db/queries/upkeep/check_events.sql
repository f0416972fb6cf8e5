-- Each message has its message_created event at its offset, unless the stream was cut above it
SELECT printf('Message %d in room %s (%d): %s.', m.id, r.name, r.id,
              iif(s.offset IS NULL, printf('its event, number %d, is missing', m.offset),
                                    printf('event %d, which is to be its own, is another', m.offset)))
FROM message m JOIN room r ON r.id = m.room_id LEFT JOIN stream s ON s.room_id = m.room_id AND s.offset = m.offset
WHERE CASE
        WHEN s.offset IS NULL THEN m.offset > (SELECT min(x.offset) FROM stream x WHERE x.room_id = m.room_id)
        WHEN NOT json_valid(s.data) THEN 1
        ELSE json_extract(s.data, '$.type') IS NOT 'message_created'
             OR json_extract(s.data, '$.message.id') IS NOT CAST(m.id AS TEXT)
      END LIMIT ?1;
