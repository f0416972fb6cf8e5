/* words: the beginning of a message as a notification shows it: without the signs of Markdown, on one line. Pure. */
#ifndef SNUG_PUSH_WORDS_H
#define SNUG_PUSH_WORDS_H

#include "base/buf.h"

#define PUSH_WORDS_MAX 140 /* characters, and a sign that there were more */

/* Appends the words. A text of signs alone gives none. Errors are in `out`. */
void push_words(struct text message, struct buf *out);

#endif
