UPDATE push_subscription SET failed_ms = ?2 WHERE id = ?1;
