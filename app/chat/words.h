/* words: what a search looks for, and where it is in a text. The index (FTS5) finds most messages; this finds the ones
 * that are not in it yet, and the marks in all of them, by the same idea of a word: letters and digits, no case, no accents.
 *
 * A term is a word, words in quotes ("in this order"), or something like don't, which is two words in a row. All terms must
 * be there, none of those that are not wanted. Signs mean nothing here; what operators are, search's asked.h knows. */
#ifndef SNUG_CHAT_WORDS_H
#define SNUG_CHAT_WORDS_H

#include "base/buf.h"

#define QUERY_CHARS_MAX 500
#define MARKS_MAX 100         /* of one message */
#define BEGINNING_BYTES_MIN 3 /* three Latin letters, two Greek ones, one Chinese */

struct words;

enum term_how {
    TERM_WHOLE,     /* as it stands */
    TERM_BEGINNING, /* its last word may go on */
};

/* The terms of a plain text: every text is one. TEXT_NONE: none yet. NULL: no memory. */
struct words *words_new(struct text query);
struct words *words_free(struct words *w);

/* Adds the words in `raw` as one term; if there is none, nothing. Terms after the 64th are not looked for.
 * False: its beginning is too short (BEGINNING_BYTES_MIN, the index would be read for seconds) and was taken as a whole word. */
bool words_add(struct words *w, struct text raw, enum term_how how, bool wanted);

/* True if there is a term that must, or must not, be there. */
bool words_any(const struct words *w);
bool words_any_unwanted(const struct words *w);

/* Expressions for MATCH: all that must be there; any that must not. Each term a quoted string, so that nothing in it is an
 * operator. Empty if there is none. Borrowed. */
struct text words_fts(const struct words *w);
struct text words_fts_unwanted(const struct words *w);

/* True if `text`, with `below` as further lines, is what is looked for; without any term it is not. marks (NULL: not wanted):
 * appends [[start,length],...] in characters, of `text` alone. No memory counts as not found, and words_err says so. */
bool words_find(struct words *w, struct text text, struct text below, struct buf *marks);

/* How well a text that was found fits: BM25 (k1 1.2, b 0.75) for a usual length of 20 words. Each term counts the same: all
 * are in every message found, and how rare one is elsewhere would tell of rooms that are closed. No memory: as words_find. */
double words_rank(struct words *w, struct text text, struct text below);

/* ERR_OK, ERR_NOMEM */
enum err words_err(const struct words *w);

#endif
