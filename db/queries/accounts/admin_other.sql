SELECT EXISTS (SELECT 1 FROM user WHERE role = 'admin' AND active = 1 AND id <> ?1);
