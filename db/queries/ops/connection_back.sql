-- The tab ?2 of ?1 is connected again since ?3: how long it was away, on the row of its last connection
UPDATE connection SET back_ms = max(1, ?3 - closed_ms)
WHERE back_ms = 0 AND rowid = (SELECT rowid FROM connection
                            WHERE user_id = ?1 AND closed_ms BETWEEN ?3 - 86400000 AND ?3 AND closed_ms > 0 AND tab = ?2 AND tab <> ''
                            ORDER BY closed_ms DESC LIMIT 1);
