-- What the password of somebody who may log in is compared with
SELECT password FROM user WHERE id = ?1 AND active = 1;
