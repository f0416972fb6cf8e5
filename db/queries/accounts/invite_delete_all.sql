DELETE FROM invite WHERE created_by = ?1;
