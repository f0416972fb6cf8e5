-- Up to which message each member has read
SELECT u.name, m.id, m.created_ms
FROM member x JOIN user u ON u.id = x.user_id
  JOIN message m ON m.id = (SELECT id FROM message y
                            WHERE y.room_id = x.room_id AND y.offset <= x.read_offset ORDER BY y.offset DESC LIMIT 1)
WHERE x.room_id = ?1 ORDER BY x.user_id;
