/* ws_mode: what a manager may do: what its own mode, the registry's and the server's level all have. */
#include "manager/manager_inside.h"

static const struct mode_row {
    const char *name;
    unsigned powers;
} modes[] = {
    [WS_MODE_UNIFIED] = {"unified", WS_TAKES_CONNECTIONS | WS_STORES | WS_HEARS_BROADCASTS},
    [WS_MODE_ISOLATED] = {"isolated", WS_TAKES_CONNECTIONS | WS_STORES},
    [WS_MODE_DEGRADED] = {"degraded", WS_TAKES_CONNECTIONS | WS_HEARS_BROADCASTS},
    [WS_MODE_EMERGENCY] = {"emergency", WS_STORES | WS_HEARS_BROADCASTS},
};

#define MODES_COUNT (sizeof modes / sizeof modes[0])

enum ws_mode registry_level(const struct ws_registry *r)
{
    const struct ws_registry_options *o = &r->options;
    return o->level ? o->level(o->level_ctx) : WS_MODE_UNIFIED;
}

enum ws_mode manager_mode_at(const struct ws_manager *m, enum ws_mode level)
{
    enum ws_mode widest = registry_of(m)->options.mode;
    enum ws_mode own = (enum ws_mode)m->mode > widest ? (enum ws_mode)m->mode : widest;
    return level > own ? level : own;
}

enum ws_mode ws_manager_mode(const struct ws_manager *m)
{
    return manager_mode_at(m, registry_level(registry_of(m)));
}

bool manager_may_at(const struct ws_manager *m, enum ws_mode level, enum ws_power power)
{
    enum ws_mode widest = registry_of(m)->options.mode;
    return modes[m->mode].powers & modes[widest].powers & modes[level].powers & power;
}

bool ws_manager_may(const struct ws_manager *m, enum ws_power power)
{
    return manager_may_at(m, registry_level(registry_of(m)), power);
}

const char *ws_mode_name(enum ws_mode mode)
{
    return (unsigned)mode < MODES_COUNT ? modes[mode].name : "unknown";
}

enum err ws_mode_of(struct text name, enum ws_mode *out_mode)
{
    for (size_t i = 0; i < MODES_COUNT; i++)
        if (text_is(name, text_of(modes[i].name))) {
            *out_mode = (enum ws_mode)i;
            return ERR_OK;
        }
    return ERR_MODE;
}
