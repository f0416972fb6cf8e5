DELETE FROM mark WHERE rowid IN (SELECT rowid FROM mark WHERE time_ms < ?1 LIMIT ?2);
