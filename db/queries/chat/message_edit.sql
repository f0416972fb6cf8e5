UPDATE message SET text = ?2, edited_ms = ?3, edit_offset = ?4 WHERE id = ?1;
