-- How many files of ?1 are not sent yet
SELECT count(*) FROM file WHERE author_id = ?1 AND message_id IS NULL;
