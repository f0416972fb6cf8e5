-- What ?1 has not read in room ?2 and in the open rooms ?1 is in: other private rooms must not be told of here
SELECT r.id, coalesce((SELECT d.display FROM user d WHERE r.direct_b > 0 AND d.id = r.direct_a + r.direct_b - ?1), r.name),
       m.read_offset,
       (SELECT count(*) FROM message x
        WHERE x.room_id = r.id AND x.offset > m.read_offset AND x.author_id <> ?1) AS unread
FROM member m JOIN room r ON r.id = m.room_id
WHERE m.user_id = ?1 AND (r.private = 0 OR r.id = ?2)
ORDER BY r.last_ms DESC, r.id LIMIT 1000;
