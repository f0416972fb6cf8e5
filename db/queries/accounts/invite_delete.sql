DELETE FROM invite WHERE id = ?1;
