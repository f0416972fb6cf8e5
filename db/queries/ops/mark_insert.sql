INSERT INTO mark (time_ms, text) VALUES (?1, ?2);
