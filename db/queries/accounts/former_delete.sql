DELETE FROM former_display WHERE user_id = ?1;
