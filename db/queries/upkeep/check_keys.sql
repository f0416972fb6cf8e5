-- 0 is not a person: the keys of what was imported
SELECT printf('%d send keys are of user %d, who is not there.', count(*), k.author_id)
FROM send_key k WHERE k.author_id <> 0 AND NOT EXISTS (SELECT 1 FROM user u WHERE u.id = k.author_id)
GROUP BY k.author_id LIMIT ?1;
