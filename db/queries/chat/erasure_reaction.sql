-- A message that ?1 reacted to
SELECT message_id FROM reaction WHERE user_id = ?1 LIMIT 1;
