SELECT printf('Room %s (%d): %d messages have the number %d.', r.name, r.id, m.count, m.offset)
FROM (SELECT room_id, offset, count(*) AS count FROM message GROUP BY room_id, offset HAVING count(*) > 1) m
  JOIN room r ON r.id = m.room_id LIMIT ?1;
