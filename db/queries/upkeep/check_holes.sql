-- Between two events of a room none may be missing; what was cut from the beginning is no hole
SELECT printf('Room %s (%d): %s missing in its stream.', r.name, r.id,
              iif(s.next = s.offset + 2, printf('event %d', s.offset + 1) || ' is',
                                         printf('events %d to %d', s.offset + 1, s.next - 1) || ' are'))
FROM (SELECT room_id, offset, lead(offset) OVER (PARTITION BY room_id ORDER BY offset) AS next FROM stream) s
  JOIN room r ON r.id = s.room_id
WHERE s.next <> s.offset + 1 LIMIT ?1;
