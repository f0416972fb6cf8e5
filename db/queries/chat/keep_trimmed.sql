UPDATE room SET trimmed = max(trimmed, ?2) WHERE id = ?1;
