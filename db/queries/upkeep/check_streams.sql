SELECT printf('%d events are of room %d, which is not there.', count(*), s.room_id)
FROM stream s WHERE NOT EXISTS (SELECT 1 FROM room r WHERE r.id = s.room_id)
GROUP BY s.room_id LIMIT ?1;
