SELECT since_ms FROM connection WHERE id = ?1 AND (?2 = 0 OR user_id = ?2);
