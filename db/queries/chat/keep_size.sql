-- How many bytes of the file are in use, and those of the files beside it
SELECT (p.page_count - f.freelist_count) * s.page_size + (SELECT coalesce(sum(size), 0) FROM file)
FROM pragma_page_count() p, pragma_freelist_count() f, pragma_page_size() s;
