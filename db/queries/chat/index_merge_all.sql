-- All parts of the index are to be written anew, ?1 pages of it now
INSERT INTO message_text (message_text, rank) VALUES ('merge', -?1);
