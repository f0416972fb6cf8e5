DELETE FROM connection WHERE rowid IN (SELECT rowid FROM connection WHERE user_id = ?1 LIMIT ?2);
