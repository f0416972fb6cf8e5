DELETE FROM push_subscription WHERE id = ?1;
