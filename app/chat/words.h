/* words: what a search looks for, and where it is in a text. The index (FTS5) finds most messages; this finds the ones
 * that are not in it yet, and the marks in all of them, by the same idea of a word: letters and digits, no case, no accents.
 *
 * A query is terms that must all be there. A term is a word, words in quotes ("in this order"), or something like don't,
 * which is two words in a row. Signs mean nothing; every text is a query. */
#ifndef SNUG_CHAT_WORDS_H
#define SNUG_CHAT_WORDS_H

#include "base/buf.h"

#define QUERY_CHARS_MAX 500
#define MARKS_MAX 100 /* of one message */

struct words;

/* NULL: no memory. */
struct words *words_new(struct text query);
struct words *words_free(struct words *w);

/* False: there is no word in it, so nothing is found. */
bool words_any(const struct words *w);

/* The expression for MATCH: each term a quoted string, so that nothing in it is an operator. Borrowed. */
struct text words_fts(const struct words *w);

/* True if all terms are in `text`. marks (NULL: not wanted): appends [[start,length],...] in characters.
 * No memory counts as not found, and words_err says so. */
bool words_find(struct words *w, struct text text, struct buf *marks);

/* ERR_OK, ERR_NOMEM */
enum err words_err(const struct words *w);

#endif
