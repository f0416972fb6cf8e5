SELECT m.read_offset,
       (SELECT count(*) FROM message x
        WHERE x.room_id = ?1 AND x.offset > m.read_offset AND x.author_id <> ?2),
       (SELECT count(*) FROM mention x WHERE x.user_id = ?2 AND x.room_id = ?1 AND x.offset > m.read_offset),
       r.last_ms, r.top
FROM member m JOIN room r ON r.id = m.room_id
WHERE m.room_id = ?1 AND m.user_id = ?2;
