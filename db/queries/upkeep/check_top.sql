SELECT printf('Room %s (%d): its numbering is at %d, but its newest event has %d.', r.name, r.id, r.top, s.newest)
FROM room r JOIN (SELECT room_id, max(offset) AS newest FROM stream GROUP BY room_id) s ON s.room_id = r.id
WHERE s.newest <> r.top LIMIT ?1;
