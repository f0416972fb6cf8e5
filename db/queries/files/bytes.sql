SELECT coalesce(sum(size), 0) FROM file;
