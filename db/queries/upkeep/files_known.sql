-- 0: the database is of a time before files
SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = 'file';
