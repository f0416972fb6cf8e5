SELECT count(*) FROM push_subscription;
