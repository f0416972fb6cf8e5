/* reacted: what stood below a message in its source, as one text of its item: a line "emoji TAB time TAB user" each, in their
 * order. The readers write it, put_reactions reads it. A part that is no good is told with the message's line and left out; the
 * message and its other reactions come. */
#ifndef SNUG_UPKEEP_REACTED_H
#define SNUG_UPKEEP_REACTED_H

#include "base/buf.h"
#include "chat/reaction.h"
#include "wire/emoji.h"

#define REACTED_MAX_BYTES ((size_t)1 << 20) /* of one message: more than one may tell of */
#define REACTED_USER_MAX 200                /* bytes of what somebody is called */

struct intake;

/* What the reader of a message has put together so far; a part of the intake, used again for each message. */
struct reacted_list {
    struct buf lines;
    char emojis[REACTIONS_MAX][EMOJI_MAX_BYTES + 1]; /* the different ones */
    size_t emoji_count;
    const char *wrong; /* the first sentence about a part that is left out; NULL: none */
};

void reacted_init(struct reacted_list *l);
void reacted_fini(struct reacted_list *l);

/* The `reactions` of a message in one of the formats: valid JSON, or empty. Names that stand for no emoji here count as left out.
 * scratch: as for fields_read. out: borrowed from the intake until the next message. errors: ERR_NOMEM */
MUST_USE enum err reacted_snug(struct intake *in, struct text json, struct buf *scratch,
                               struct text *out);
MUST_USE enum err reacted_slack(struct intake *in, struct text json, struct buf *scratch,
                                struct text *out);
MUST_USE enum err reacted_mattermost(struct intake *in, struct text json, struct buf *scratch,
                                     struct text *out);

struct reacted {
    struct text emoji, user; /* borrowed from the lines */
    int64_t time_ms;         /* 0: not known */
};

/* Takes the next one off *rest. False: no more. */
bool reacted_next(struct text *rest, struct reacted *out);

#endif
