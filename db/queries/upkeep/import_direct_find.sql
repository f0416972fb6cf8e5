-- The conversation of ?1 and ?2, the smaller id first, and whether there are messages in it
SELECT r.id, EXISTS (SELECT 1 FROM message m WHERE m.room_id = r.id) AS used
FROM room r WHERE r.direct_a = ?1 AND r.direct_b = ?2 AND r.direct_b > 0;
