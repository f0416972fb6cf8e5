-- Parts of the index become fewer and larger ones, ?1 pages of it now
INSERT INTO message_text (message_text, rank) VALUES ('merge', ?1);
