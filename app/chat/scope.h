/* scope: where a search looks. Its names become numbers in the reader's own snapshot; then it is an expression for the index,
 * and a check of rows that are not in it.
 *
 * Invariant: `rooms` are rooms of the asker and no others, so that a closed room is neither found nor named. */
#ifndef SNUG_CHAT_SCOPE_H
#define SNUG_CHAT_SCOPE_H

#include "chat/asked.h"

struct db;
struct query;

#define SCOPE_ROOMS_FEW                                                                            \
    200 /* up to here an expression with all of them costs little: some 50 us each */
#define SCOPE_ROOMS_MANY 2000 /* with more there is none */

struct scope {
    struct asked *asked; /* borrowed */
    int64_t *rooms;      /* owned, rising */
    size_t rooms_count, rooms_room;
    int64_t from[NAMES_MAX], from_unwanted[NAMES_MAX];
    size_t from_count, from_unwanted_count;
    struct buf names; /* of the files of one row */
};

/* In a reader's job. in: room_id, 0: all of the asker's. What no name stands for becomes a note of `asked`, and
 * asked->impossible if nothing can be found then.
 * errors: ERR_NOMEM and those of query_end; scope_fini is wanted all the same */
MUST_USE enum err scope_read(struct scope *s, struct db *db, struct asked *asked, int64_t user_id,
                             int64_t room_id);
void scope_fini(struct scope *s);

/* Appends the expression for MATCH; wide: of any room. Days at the ends are wider in it than asked for: scope_has says the
 * rest. */
void scope_fts(const struct scope *s, bool wide, struct buf *out);

/* A row of search_index: is it in these rooms and this time. */
bool scope_has(const struct scope *s, struct query *row);
/* A row of search_tail: is it all that is asked for. No memory: see words_find. */
bool scope_finds(struct scope *s, struct query *row);

/* The names of the row's files, borrowed until the next call; s->names.err says if there was no memory for them. */
struct text scope_names(struct scope *s, struct query *row);

#endif
