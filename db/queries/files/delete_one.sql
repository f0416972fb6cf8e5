DELETE FROM file WHERE id = ?1;
