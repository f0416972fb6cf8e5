SELECT private, top, epoch FROM room WHERE id = ?1;
