#include "hub/namespaces.h"

#include "hub/stream.h"

bool channel_is_name(struct text channel)
{
    for (size_t i = 0; i < channel.len; i++)
        if ((unsigned char)channel.data[i] < 0x20 || channel.data[i] == 0x7f)
            return false;
    return channel.len > 0 && channel.len <= CHANNEL_MAX;
}

bool channel_is_private(struct text channel)
{
    return text_starts(channel, TEXT("$"));
}

static struct text name_of(struct text channel)
{
    if (channel_is_private(channel))
        channel = text_after(channel, 1);
    const char *colon = memchr(channel.data, ':', channel.len);
    return (struct text){channel.data, colon ? (size_t)(colon - channel.data) : 0};
}

const struct channel_namespace *namespace_find(const struct channel_namespaces *table,
                                               struct text channel)
{
    struct text name = name_of(channel);
    if (!memchr(channel.data, ':', channel.len))
        return &table->without;
    for (unsigned i = 0; i < table->count; i++)
        if (text_is(name, text_of(table->list[i].name)))
            return &table->list[i];
    return NULL;
}

bool channel_is_limited(struct text channel)
{
    return memchr(channel.data, '#', channel.len) != NULL;
}

bool channel_names_user(struct text channel, struct text user)
{
    const char *mark = memrchr(channel.data, '#', channel.len);
    if (!mark || user.len == 0)
        return false;
    struct text users = text_after(channel, (size_t)(mark + 1 - channel.data)), one;
    while (text_split(&users, ',', &one))
        if (text_is(one, user))
            return true;
    return false;
}
