UPDATE member SET role = 'owner' WHERE room_id = ?1 AND user_id = ?2;
