/* item: one thing that comes into a place, whatever format it was in. Who and what it names was an item before it. */
#ifndef SNUG_UPKEEP_ITEM_H
#define SNUG_UPKEEP_ITEM_H

#include "base/err.h"
#include "base/text.h"

enum item_kind {
    ITEM_PLACE, /* name */
    ITEM_USER,  /* user, name, display, role, time, away, seen, erased */
    ITEM_ROOM, /* room, name, words (the topic), user (who made it), one and other or empty, time, private_room, apart */
    ITEM_MEMBER, /* room, user, role, time, muted, favourite */
    ITEM_MESSAGE, /* room, id, user, words, time; key, reply, run, reactions, files or empty; edited */
    ITEM_RUN, /* room, run, name (the agent), user, words, role (its state), time, started, ended; id, reply or empty */
    ITEM_STEP, /* room, run, name (its event), words (its data, a JSON object), time; user, id or empty */
    ITEM_READ,      /* room, user, id */
    ITEM_CAUGHT_UP, /* the people who came have read the rooms that came */
};

/* What a user, a room and a message are called in their source; it is never shown. */
enum item_text {
    ITEM_OF_USER,
    ITEM_OF_ROOM,
    ITEM_ID,
    ITEM_NAME,
    ITEM_DISPLAY,
    ITEM_ROLE,
    ITEM_WORDS,
    ITEM_KEY,
    ITEM_REPLY,
    ITEM_RUN_ID,
    ITEM_REACTIONS, /* lines: reacted.h */
    ITEM_FILES,     /* lines: filed.h */
    ITEM_ONE,       /* of a conversation of two, as in ITEM_OF_USER */
    ITEM_OTHER,
    ITEM_TEXTS
};

struct item {
    enum item_kind kind;
    const char *source;            /* "slack": names of different sources are different. Static */
    struct text texts[ITEM_TEXTS]; /* of those that the kind has; the others are empty */
    bool private_room, away, muted, favourite;
    bool erased; /* was somebody, who was erased in the source */
    bool
        apart; /* a room that is never taken for one of its name; if it is to be of two, and they are not, it is one of its own */
    int64_t time_ms, started_ms, ended_ms, seen_ms; /* 0: not known */
    int64_t edited_ms;                              /* 0: as it was sent */
};

/* A message that has nothing to show; one that is here already is not looked at. */
static inline bool item_is_empty(const struct item *item, bool there)
{
    return !there && item->texts[ITEM_WORDS].len == 0 && item->texts[ITEM_FILES].len == 0;
}

#endif
