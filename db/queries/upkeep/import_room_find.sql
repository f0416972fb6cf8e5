-- Rooms of that name that a room may go into, and whether there are messages in it: open into open, private into private,
-- and none that another room of the same source (?3: "import slack room ") has gone into
SELECT r.id, EXISTS (SELECT 1 FROM message m WHERE m.room_id = r.id) AS used
FROM room r
WHERE r.name = ?1 COLLATE NOCASE AND r.private = ?2 AND r.direct_b = 0
  AND NOT EXISTS (SELECT 1 FROM setting s
                  WHERE s.name > ?3 AND s.name < ?3 || x'f4' AND CAST(s.value AS INTEGER) = r.id)
ORDER BY used, r.id LIMIT 1;
