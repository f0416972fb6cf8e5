/* foreign: what becomes of the options of Centrifugo 6 that are none of ours (foreign.def). */
#ifndef SNUG_CLI_FOREIGN_H
#define SNUG_CLI_FOREIGN_H

#include "base/text.h"

#include <cjson/cJSON.h>
#include <stdbool.h>

enum foreign_kind { FOREIGN_REFUSED, FOREIGN_FIXED, FOREIGN_FEATURE, FOREIGN_IGNORED };

struct foreign {
    const char *name;
    enum foreign_kind kind;
    const char *value, *text;
};

struct foreign_table {
    const struct foreign *list;
    size_t count;
};

extern const struct foreign_table foreign_all, foreign_channel; /* the second: of a namespace */

/* The line for an option, or for a group it is in; NULL: Centrifugo has none of this name that is worth a line. */
const struct foreign *foreign_find(const struct foreign_table *table, struct text name);

/* True if a line's name begins with this one and a dot. */
bool foreign_is_group(const char *name);

/* True if this value of the option asks for something that is not there. */
bool foreign_refuses(const struct foreign *f, struct text name, const cJSON *value);

#endif
