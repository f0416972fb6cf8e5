UPDATE push_subscription SET sent_ms = ?2 WHERE id = ?1;
