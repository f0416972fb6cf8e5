SELECT total_changes();
