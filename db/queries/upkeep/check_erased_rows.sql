-- Nothing is left that is about somebody whose erasure has ended, alone
SELECT printf('There is still %s of user %d, who was erased.', x.what, e.user_id)
FROM erasure e JOIN (
    SELECT id AS user_id, 'a name or a password' AS what FROM user
    WHERE name <> '-' || id OR display <> 'Erased person' OR password <> '' OR active = 1
    UNION ALL SELECT user_id, 'a session' FROM session
    UNION ALL SELECT user_id, 'a browser that is told' FROM push_subscription
    UNION ALL SELECT created_by, 'an invite' FROM invite
    UNION ALL SELECT user_id, 'a name of before' FROM former_display
    UNION ALL SELECT user_id, 'a membership' FROM member
    UNION ALL SELECT user_id, 'a mention' FROM mention
    UNION ALL SELECT user_id, 'a reaction' FROM reaction
    UNION ALL SELECT author_id, 'a send key' FROM send_key
    UNION ALL SELECT user_id, 'a line of the connection history' FROM connection
    UNION ALL SELECT author_id, 'a text' FROM message
              WHERE text <> '' AND author_id IN (SELECT user_id FROM erasure WHERE messages = 'delete')
    UNION ALL SELECT user_id, 'the name in what was asked' FROM erasure WHERE name || display <> ''
) x ON x.user_id = e.user_id
WHERE e.ended_ms > 0 GROUP BY e.user_id, x.what LIMIT ?1;
