-- How many names user ?1 had besides the present one
SELECT count(*) FROM former_display f JOIN user u ON u.id = f.user_id WHERE f.user_id = ?1 AND f.display <> u.display;
