UPDATE message SET text = '', deleted_by = ?2, edited_ms = 0, edit_offset = 0, reactions = '', files = '' WHERE id = ?1;
