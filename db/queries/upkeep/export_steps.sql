-- What runs did, in its order; what tells of an answer, which was written behind it, comes after that. Events begin with their type
SELECT max(e.offset, coalesce(m.offset, 0)), x.id, e.data ->> '$.type', e.time_ms,
       json_remove(e.data -> '$.data', '$.started_by', '$.by', '$.message_id'), u.name, m.id, m.created_ms
FROM stream e
  CROSS JOIN run x ON x.id = e.data ->> '$.run_id' AND x.room_id = e.room_id
  LEFT JOIN user u ON u.id = CAST(coalesce(e.data ->> '$.data.started_by.id', e.data ->> '$.data.by.id') AS INTEGER)
  LEFT JOIN message m ON m.id = CAST(e.data ->> '$.data.message_id' AS INTEGER) AND m.room_id = e.room_id AND m.deleted_by = ''
WHERE e.room_id = ?1 AND (e.data GLOB '{"type":"agent_*' OR e.data GLOB '{"type":"tool_*') AND json_valid(e.data)
ORDER BY e.offset;
