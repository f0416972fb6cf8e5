/* emoji: whether a text is one emoji, as a reaction is. Pure. thread: any
 * source: Unicode Technical Standard 51, 1.4.9: emoji_sequence and what may be joined */
#ifndef SNUG_WIRE_EMOJI_H
#define SNUG_WIRE_EMOJI_H

#include "base/text.h"

#define EMOJI_MAX_BYTES 64 /* the longest of Unicode 15 has 35 */

/* One sign, with its variation, skin tone or tags, others joined to it, a flag or a key. By blocks of Unicode, not by its list of
 * emojis, which grows each year: signs that stand between emojis are let through. */
bool emoji_is_one(struct text t);

#endif
