#include "ops/inside.h"

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))
#define LIMIT_PARAM                                                                                \
    {                                                                                              \
        "limit", PARAM_INT, false, 1, 500, 50                                                      \
    }

static const struct param list_params[] = {
    {"user", PARAM_ID, false, 0, 0, 0},
    LIMIT_PARAM,
    {"after", PARAM_TEXT, false, 0, 36, 0},
};

static const struct method methods[] = {
    {"connection.list", RIGHT_USER, 0, list_params, COUNT(list_params), connection_list},
};

struct method_set ops_methods(struct ops *o)
{
    return (struct method_set){methods, COUNT(methods), o};
}
