SELECT private, top, epoch, trimmed FROM room WHERE id = ?1;
