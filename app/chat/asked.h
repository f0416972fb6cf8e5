/* asked: what is typed into a search, taken apart. Every text is a search: what is no operator is words.
 *
 *     release "goes out" -draft upgr*      words, words in a row, one that must not be there, the beginning of one
 *     from:ana  from:me  in:general  in:"Build team"  has:link  has:code  has:file    with - in front: not these
 *     before:2026-11-01  after:2026-11-01  on:2026-11-01                              days where the asker is
 *
 * Several from: or several in: mean any of them; different ones must all be true. Names are looked up by search.c. */
#ifndef SNUG_CHAT_ASKED_H
#define SNUG_CHAT_ASKED_H

#include "chat/facts.h"
#include "chat/words.h"

#define NAMES_MAX 64 /* of one kind; further ones are words */
#define NOTES_MAX 10
#define ZONE_MAX_MINUTES 840

struct named {
    struct text name; /* borrowed from the query, not empty */
    bool unwanted;
};

struct names {
    struct named at[NAMES_MAX];
    size_t count;
};

struct asked {
    struct words *words; /* owned */
    struct names from, in;
    unsigned facts, facts_unwanted; /* bits of enum fact */
    int64_t since_ms, until_ms;     /* [since, until); INT64_MIN, INT64_MAX: open */
    bool filtered;                  /* something besides words is asked for */
    bool impossible;                /* a word of it finds nothing */
    struct buf notes; /* sentences for people, each ended by NUL; the first NOTES_MAX */
    unsigned notes_count;
};

/* in: query, borrowed until asked_fini; zone_minutes from UTC, at most ZONE_MAX_MINUTES either way
 * errors: ERR_NOMEM (asked_fini is wanted all the same) */
MUST_USE enum err asked_read(struct asked *a, struct text query, int64_t zone_minutes);
void asked_fini(struct asked *a);

/* Adds a sentence: `before` "name" `after`. */
void asked_note(struct asked *a, const char *before, struct text name, const char *after);

#endif
