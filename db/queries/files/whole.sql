UPDATE file SET type = ?2, width = ?3, height = ?4, sha256 = ?5 WHERE id = ?1 AND sha256 = '';
