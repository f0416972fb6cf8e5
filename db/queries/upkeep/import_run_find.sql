SELECT room_id, agent_id FROM run WHERE id = ?1;
