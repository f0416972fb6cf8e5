-- Whether a name on disk stands for a file, and for one that is whole
SELECT sha256 <> '' FROM file WHERE blob = ?1;
