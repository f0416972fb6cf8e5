UPDATE setting SET value = CAST(?1 AS TEXT) WHERE name = 'search_purge';
