-- The numbering of every room has gone back: no position of before may be believed
UPDATE room SET epoch = lower(hex(randomblob(8)));
