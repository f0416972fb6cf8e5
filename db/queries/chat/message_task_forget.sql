-- The events of the run that message ?1 asked for do not say any more what that was, and what tools were told of it
UPDATE stream
SET data = iif(json_type(data, '$.data.task') IS NULL, json_set(data, '$.data.arguments', json('{}')), json_set(data, '$.data.task', ''))
WHERE (room_id, offset) IN (SELECT s.room_id, s.offset
                            FROM run x JOIN stream s ON s.room_id = x.room_id AND s.offset BETWEEN x.first_offset AND x.last_offset
                            WHERE x.reply_to = ?1 AND x.reply_to > 0 AND x.first_offset > 0
                              AND json_extract(s.data, '$.run_id') = x.id
                              AND (json_type(s.data, '$.data.task') IS NOT NULL OR json_type(s.data, '$.data.arguments') IS NOT NULL));
