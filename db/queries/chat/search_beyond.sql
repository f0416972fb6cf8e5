-- The next one after the newest ?3 that ?1 finds in any room, from id ?2 down
SELECT rowid FROM message_text WHERE message_text MATCH ?1 AND rowid <= ?2 ORDER BY rowid DESC LIMIT 1 OFFSET ?3;
