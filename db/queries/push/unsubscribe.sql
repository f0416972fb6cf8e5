DELETE FROM push_subscription WHERE endpoint = ?1 AND user_id = ?2;
