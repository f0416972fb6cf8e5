SELECT top FROM room WHERE id = ?1;
