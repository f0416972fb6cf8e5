DELETE FROM file_gone WHERE blob = ?1;
