-- ?2: ended before this; ?3: so many of a person are kept
DELETE FROM session
WHERE user_id = ?1
  AND (expires_ms < ?2 OR id NOT IN (SELECT id FROM session WHERE user_id = ?1 ORDER BY id DESC LIMIT ?3));
