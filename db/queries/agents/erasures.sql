-- Grows with each erasure, with each stage of one, and when one begins anew
SELECT coalesce(sum(asked_ms + stage + 1), 0) FROM erasure;
