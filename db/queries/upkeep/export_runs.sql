-- Where its first event stands, or before its answer, or at the end
SELECT coalesce(nullif(x.first_offset, 0), m.offset, 9223372036854775807) AS at,
       x.id, a.name, s.name,
       iif(EXISTS (SELECT 1 FROM erasure e WHERE e.user_id = s.id AND e.messages = 'delete'), '', x.text),
       x.state, x.created_ms, x.started_ms, x.ended_ms, q.id, q.created_ms, m.id, m.created_ms
FROM run x JOIN user a ON a.id = x.agent_id JOIN user s ON s.id = x.started_by
  LEFT JOIN message q ON q.id = x.reply_to AND x.reply_to > 0
  LEFT JOIN message m ON m.id = x.message_id AND x.message_id > 0
WHERE x.room_id = ?1 ORDER BY at, x.created_ms, x.id;
