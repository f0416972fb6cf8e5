UPDATE message SET reactions = ?2 WHERE id = ?1;
