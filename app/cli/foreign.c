#include "cli/foreign.h"

#include <stdio.h>

#define ALIAS(...)
#define FOREIGN(name, kind, value, text) {#name, FOREIGN_##kind, value, text},
#define CHANNEL_FOREIGN(...)
static const struct foreign all[] = {
#include "cli/foreign.def"
};
#undef FOREIGN
#undef CHANNEL_FOREIGN
#define FOREIGN(...)
#define CHANNEL_FOREIGN(name, kind, value, text) {#name, FOREIGN_##kind, value, text},
static const struct foreign channel[] = {
#include "cli/foreign.def"
};
#undef ALIAS
#undef FOREIGN
#undef CHANNEL_FOREIGN

const struct foreign_table foreign_all = {all, sizeof all / sizeof all[0]};
const struct foreign_table foreign_channel = {channel, sizeof channel / sizeof channel[0]};

/* What is left of a name after a group and its dot; no data: it is not in the group. */
static struct text inside(struct text name, const char *group)
{
    struct text whole = text_of(group);
    if (name.len <= whole.len || !text_starts(name, whole) || name.data[whole.len] != '.')
        return TEXT_NONE;
    return text_after(name, whole.len + 1);
}

const struct foreign *foreign_find(const struct foreign_table *table, struct text name)
{
    for (size_t i = 0; i < table->count; i++) {
        const struct foreign *f = &table->list[i];
        if (text_is(name, text_of(f->name)) || inside(name, f->name).len > 0)
            return f;
    }
    return NULL;
}

bool foreign_is_group(const char *name)
{
    for (size_t i = 0; i < foreign_all.count; i++)
        if (inside(text_of(foreign_all.list[i].name), name).len > 0)
            return true;
    return false;
}

/* True for what Centrifugo takes like an option that is not there: off, nothing, empty, and lists and objects of it. */
static bool is_nothing(const cJSON *value)
{
    if (cJSON_IsString(value))
        return value->valuestring[0] == 0 || strcmp(value->valuestring, "0s") == 0;
    if (cJSON_IsNumber(value))
        return value->valuedouble == 0;
    const cJSON *member;
    cJSON_ArrayForEach(member, value) /* of what has none: not once */
    {
        if (cJSON_IsArray(value) || !is_nothing(member))
            return false;
    }
    return !cJSON_IsTrue(value);
}

static bool is_value(const cJSON *value, const char *wanted)
{
    char number[32];
    if (cJSON_IsString(value))
        return strcmp(value->valuestring, wanted) == 0;
    (void)snprintf(number, sizeof number, "%.15g", value->valuedouble);
    return cJSON_IsNumber(value) && strcmp(number, wanted) == 0;
}

/* The switch of a group, or something that is set in place of one. */
static bool is_on(const struct foreign *f, struct text name, const cJSON *value)
{
    if (text_is(name, text_of(f->name)))
        return cJSON_IsObject(value)
                   ? !is_nothing(cJSON_GetObjectItemCaseSensitive(value, "enabled"))
                   : !is_nothing(value);
    return text_is(inside(name, f->name), TEXT("enabled")) && !is_nothing(value);
}

bool foreign_refuses(const struct foreign *f, struct text name, const cJSON *value)
{
    switch (f->kind) {
    case FOREIGN_REFUSED:
        return !is_nothing(value);
    case FOREIGN_FIXED:
        return !is_nothing(value) && !is_value(value, f->value);
    case FOREIGN_FEATURE:
        return is_on(f, name, value);
    case FOREIGN_IGNORED:
        break;
    }
    return false;
}
