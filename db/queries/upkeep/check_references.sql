SELECT 'Row ' || coalesce(rowid, '?') || ' of ' || "table" || ' refers to nothing in ' || parent || '.'
FROM pragma_foreign_key_check LIMIT ?1;
