-- The user ?1, if there is one, and whether nothing is to be noted of them, because they were erased
SELECT id, EXISTS (SELECT 1 FROM erasure WHERE user_id = ?1) FROM user WHERE id = ?1;
