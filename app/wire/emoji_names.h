/* emoji_names: the emoji that a short name stands for, as other chat products write them: "+1", "tada". Pure. thread: any */
#ifndef SNUG_WIRE_EMOJI_NAMES_H
#define SNUG_WIRE_EMOJI_NAMES_H

#include "wire/emoji.h"

/* The emoji of a name of emoji_names.def, also with a skin tone behind it: "+1::skin-tone-3" (Slack),
 * "+1_medium_light_skin_tone" (Mattermost). False: the name is none of them, as that of a place's own picture. */
bool emoji_of_name(struct text name, char out[EMOJI_MAX_BYTES + 1]);

#endif
