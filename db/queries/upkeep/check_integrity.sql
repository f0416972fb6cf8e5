SELECT 'The database is damaged: ' || integrity_check || '.'
FROM pragma_integrity_check(100) WHERE integrity_check <> 'ok';
