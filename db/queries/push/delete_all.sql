DELETE FROM push_subscription;
