#include "ops/inside.h"

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))
#define TIME_MAX_MS INT64_C(253402300799999) /* the end of the year 9999 */
#define LIMIT_PARAM                                                                                \
    {                                                                                              \
        "limit", PARAM_INT, false, 1, 500, 50                                                      \
    }
#define TIME_PARAM(name)                                                                           \
    {                                                                                              \
        name, PARAM_INT, false, 0, TIME_MAX_MS, 0                                                  \
    }

static const struct param list_params[] = {
    {"user", PARAM_ID, false, 0, 0, 0},
    LIMIT_PARAM,
    {"after", PARAM_TEXT, false, 0, 36, 0}, /* a connection's id */
    {"room", PARAM_ID, false, 0, 0, 0},     /* how far each is there: sent, acked */
};
static const struct param history_params[] = {
    {"user", PARAM_ID, false, 0, 0, 0},
    {"code", PARAM_INT, false, 0, 4999, 0},
    TIME_PARAM("since"),
    TIME_PARAM("until"),
    TIME_PARAM("before"),
    LIMIT_PARAM,
};
static const struct param manager_params[] = {
    LIMIT_PARAM,
    {"after", PARAM_ID, false, 0, 0, 0},
};
static const struct param why_params[] = {
    {"room", PARAM_ID, true, 0, 0, 0},
    {"offset", PARAM_INT, true, 1, INT64_MAX, 0}, /* of the message */
    {"user", PARAM_ID, false, 0, 0, 0},
};
static const struct param announce_params[] = {
    {"text", PARAM_TEXT, true, 1, 1000, 0},
    {"except", PARAM_TEXTS, false, 0, WS_EXCEPT_MAX, 0}, /* ids of users */
};
static const struct param metrics_params[] = {
    {"names", PARAM_TEXTS, false, 0, 64, 0},
    TIME_PARAM("since"),
    TIME_PARAM("until"),
    {"step_s", PARAM_INT, false, 1, 86400, 0},
};

static const struct method methods[] = {
    {"connection.list", RIGHT_USER, 0, list_params, COUNT(list_params), connection_list},
    {"connection.history", RIGHT_USER, 0, history_params, COUNT(history_params),
     connection_history},
    {"message.why", RIGHT_USER, 0, why_params, COUNT(why_params), message_why},
    {"manager.list", RIGHT_ADMIN, 0, manager_params, COUNT(manager_params), manager_list},
    {"place.announce", RIGHT_ADMIN, 0, announce_params, COUNT(announce_params), place_announce},
    {"metrics.query", RIGHT_ADMIN, 0, metrics_params, COUNT(metrics_params), metrics_query},
};

struct method_set ops_methods(struct ops *o)
{
    return (struct method_set){methods, COUNT(methods), o};
}
