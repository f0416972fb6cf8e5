-- Events name nobody whose erasure has ended by what they were called
SELECT printf('Room %s (%d): event %d still names user %s, who was erased.', r.name, r.id, x.offset, x.id)
FROM (SELECT s.room_id, s.offset, json_extract(s.data, p.path || '.id') AS id, json_extract(s.data, p.path || '.name') AS name
      FROM stream s, (SELECT column1 AS path
                      FROM (VALUES ('$.message.author'), ('$.user'), ('$.by'), ('$.data.started_by'), ('$.data.by'))) p
      WHERE EXISTS (SELECT 1 FROM erasure WHERE ended_ms > 0) AND json_valid(s.data)) x
  JOIN room r ON r.id = x.room_id
WHERE x.name <> '-' || x.id
  AND EXISTS (SELECT 1 FROM erasure e WHERE e.user_id = CAST(x.id AS INTEGER) AND e.ended_ms > 0)
LIMIT ?1;
