-- What a run did is within the room's numbering, in the order of time
SELECT printf('Room %s (%d): run %s is said to go from event %d to %d, but the newest is %d.', r.name, r.id, x.id,
              x.first_offset, x.last_offset, r.top)
FROM run x JOIN room r ON r.id = x.room_id
WHERE x.last_offset > r.top OR x.first_offset > x.last_offset OR (x.first_offset = 0) <> (x.last_offset = 0) LIMIT ?1;
