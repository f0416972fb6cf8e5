UPDATE user SET display = ?2 WHERE id = ?1;
