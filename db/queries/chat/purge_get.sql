SELECT CAST(value AS INTEGER) FROM setting WHERE name = 'search_purge';
