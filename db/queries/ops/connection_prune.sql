DELETE FROM connection WHERE rowid IN
    (SELECT rowid FROM connection WHERE closed_ms BETWEEN 1 AND ?1 - 1 ORDER BY closed_ms LIMIT ?2);
