-- What the run of a message was asked, before that was deleted or edited; one that goes on needs it, and loses it when it ends
UPDATE run SET text = '' WHERE reply_to = ?1 AND reply_to > 0 AND ended_ms > 0;
