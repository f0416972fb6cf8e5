/* table: entries found by what their owner hashes, linked through themselves. For what there are many of: 16 bytes in an
 * entry and 4 to 8 beside it, where uthash takes 56 and more. Up to TABLE_FEW entries have no buckets: a table of few is
 * this struct and no memory.
 *
 * The owner hashes, compares and frees, and no order is kept. Entries embed the link and come back from it by a cast: it is
 * their first member. Invariant: every entry is in the bucket of its hash. thread: the owner's, or under its lock */
#ifndef SNUG_BASE_TABLE_H
#define SNUG_BASE_TABLE_H

#include <stdbool.h>
#include <stdint.h>

struct table_link {
    struct table_link *next; /* in the bucket */
    uint32_t hash;
    uint32_t
        own; /* the owner's, for what it likes: else it would be padding. No function here looks at it */
};

#define TABLE_FEW 8

/* Zero is an empty table. */
struct table {
    union {
        struct table_link *few;      /* buckets_count is 0: all of them */
        struct table_link **buckets; /* else a power of two of them */
    };
    uint32_t buckets_count;
    uint32_t count;
};

/* The first entry with this hash; NULL: none. The next one after it: table_again. */
struct table_link *table_find(const struct table *t, uint32_t hash);
struct table_link *table_again(const struct table_link *l);

/* It is not looked whether there is another one like it. Without memory for more buckets it goes on, only slower. */
void table_add(struct table *t, struct table_link *l, uint32_t hash);

/* Takes out an entry of this table; the buckets go with the last one. */
void table_remove(struct table *t, struct table_link *l);

/* All entries: after NULL the first one; NULL: there are no more. Before an entry is taken out, ask what follows it. */
struct table_link *table_next(const struct table *t, const struct table_link *after);

/* Frees the buckets of a table, which must have no entries. */
void table_fini(struct table *t);

#endif
