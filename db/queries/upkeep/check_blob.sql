-- Whether a name on disk stands for a file, or for one that was deleted
SELECT EXISTS (SELECT 1 FROM file WHERE blob = ?1) OR EXISTS (SELECT 1 FROM file_gone WHERE blob = ?1);
