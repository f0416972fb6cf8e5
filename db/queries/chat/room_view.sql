-- One room as its member ?1 sees it
SELECT r.id, coalesce(d.display, r.name), r.topic, r.private, r.created_ms,
       (SELECT count(*) FROM member x WHERE x.room_id = r.id),
       r.top, r.epoch, 1, m.read_offset,
       (SELECT count(*) FROM message x
        WHERE x.room_id = r.id AND x.offset > m.read_offset AND x.author_id <> ?1),
       (SELECT count(*) FROM mention x WHERE x.user_id = ?1 AND x.room_id = r.id AND x.offset > m.read_offset),
       r.last_ms, r.keep_ms, r.keep_messages, d.id, d.name, d.display, d.role, m.muted, m.favourite
FROM member m JOIN room r ON r.id = m.room_id
  LEFT JOIN user d ON r.direct_b > 0 AND d.id = r.direct_a + r.direct_b - ?1
WHERE m.user_id = ?1 AND m.room_id = ?2;
