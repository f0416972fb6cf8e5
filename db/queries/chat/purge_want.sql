-- The index is to forget words for good at ?1, unless it is to sooner
UPDATE setting SET value = CAST(?1 AS TEXT) WHERE name = 'search_purge' AND CAST(value AS INTEGER) = 0;
