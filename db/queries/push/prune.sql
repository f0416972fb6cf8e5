DELETE FROM push_subscription
WHERE user_id = ?1
  AND id NOT IN (SELECT id FROM push_subscription WHERE user_id = ?1 ORDER BY told_ms DESC, id DESC LIMIT ?2);
