-- Whose they are, one emoji after the other, in the order in which they came; not of people who are erased
SELECT r.emoji, u.name
FROM (SELECT id, emoji, user_id, min(id) OVER (PARTITION BY emoji) AS since FROM reaction
      WHERE message_id = ?1 AND NOT EXISTS (SELECT 1 FROM erasure e WHERE e.user_id = reaction.user_id)) r
  JOIN user u ON u.id = r.user_id
ORDER BY r.since, r.id;
