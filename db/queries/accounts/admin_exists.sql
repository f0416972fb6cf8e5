SELECT EXISTS (SELECT 1 FROM user WHERE role = 'admin');
