UPDATE room SET top = top + 1 WHERE id = ?1 RETURNING top;
