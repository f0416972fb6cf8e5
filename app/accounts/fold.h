/* fold: letters without case and accents, near enough to SQLite's unicode61 with remove_diacritics 2 that names, marks
 * in search hits and words not yet indexed agree with the index for Latin, Greek and Cyrillic. */
#ifndef SNUG_ACCOUNTS_FOLD_H
#define SNUG_ACCOUNTS_FOLD_H

#include "base/text.h"

/* Part of a word: letters, digits, letters of other scripts; not punctuation, spaces, symbols. */
bool char_in_word(uint32_t c);

/* An accent that stands after its letter. */
bool char_is_accent(uint32_t c);

/* Lower case, Latin without accents: É, é and E give e; Greek and Cyrillic keep theirs. Other characters stay. */
uint32_t char_fold(uint32_t c);

#endif
