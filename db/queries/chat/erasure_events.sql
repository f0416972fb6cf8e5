-- Events of room ?1 that may name somebody, the first ?4 above ?2 and up to ?3: all of runs, and others with the id ?5 ("42")
SELECT offset, data FROM stream
WHERE room_id = ?1 AND offset > ?2 AND offset <= ?3
  AND (data LIKE '{"type":"agent!_%' ESCAPE '!' OR data LIKE '{"type":"tool!_%' ESCAPE '!'
       OR (data NOT LIKE '{"type":"message!_%' ESCAPE '!' AND instr(data, ?5)))
ORDER BY offset LIMIT ?4;
