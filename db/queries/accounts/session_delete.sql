DELETE FROM session WHERE id = ?1 AND user_id = ?2;
