-- Connection ?1 of ?2 and tab ?3, from ?4 to ?5, was recovered (?6): noted on the row of the break before it
UPDATE connection SET recovered = ?6
WHERE rowid = (SELECT rowid FROM connection
            WHERE user_id = ?2 AND closed_ms BETWEEN ?4 - 86400000 AND ?5 AND tab = ?3 AND tab <> '' AND id <> ?1
              AND since_ms <= ?4 AND back_ms > 0 AND closed_ms + back_ms >= ?4
            ORDER BY closed_ms DESC LIMIT 1);
