-- How much there is to read: MiB, and one a file
SELECT coalesce(sum(size / 1048576 + 1), 0) FROM file WHERE sha256 <> '';
