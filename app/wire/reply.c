#include "wire/reply.h"

#include "wire/json.h"

static struct text object_of(struct text json)
{
    return json.len > 0 ? json : TEXT("{}");
}

void reply_write_error(struct buf *out, uint32_t id, int code, struct text message, bool temporary)
{
    struct json_writer w;
    json_begin(&w, out);
    json_open(&w, NULL, '{');
    if (id != 0)
        json_add_int(&w, "id", id);
    json_open(&w, "error", '{');
    json_add_int(&w, "code", code);
    if (message.len > 0)
        json_add_text(&w, "message", message);
    if (temporary)
        json_add_bool(&w, "temporary", true);
    json_close(&w, '}');
    json_close(&w, '}');
}

void reply_write(struct buf *out, uint32_t id, const char *command, struct text json)
{
    struct json_writer w;
    json_begin(&w, out);
    json_open(&w, NULL, '{');
    if (id != 0)
        json_add_int(&w, "id", id);
    json_add_raw(&w, command, object_of(json));
    json_close(&w, '}');
}

void publication_write(struct buf *out, const struct publication *p)
{
    struct json_writer w;
    json_begin(&w, out);
    json_open(&w, NULL, '{');
    if (p->as_text)
        json_add_text(&w, "data", p->data);
    else
        json_add_raw(&w, "data", p->data);
    if (p->info.len > 0)
        json_add_written(&w, "info", p->info);
    if (p->offset != 0)
        json_add_int(&w, "offset", (int64_t)p->offset);
    if (p->tags.len > 0)
        json_add_raw(&w, "tags", p->tags);
    if (p->delta)
        json_add_bool(&w, "delta", true);
    if (p->time_ms != 0)
        json_add_int(&w, "time", p->time_ms);
    json_close(&w, '}');
}

void client_info_write(struct buf *out, const struct client_info *info)
{
    struct json_writer w;
    json_begin(&w, out);
    json_open(&w, NULL, '{');
    if (info->user.len > 0)
        json_add_text(&w, "user", info->user);
    if (info->client.len > 0)
        json_add_text(&w, "client", info->client);
    if (info->conn_info.len > 0)
        json_add_raw(&w, "conn_info", info->conn_info);
    if (info->chan_info.len > 0)
        json_add_raw(&w, "chan_info", info->chan_info);
    json_close(&w, '}');
}

void push_write(struct buf *out, struct text channel, uint64_t number, const char *kind,
                struct text json)
{
    struct json_writer w;
    json_begin(&w, out);
    json_open(&w, NULL, '{');
    json_open(&w, "push", '{');
    if (number != 0)
        json_add_int(&w, "id", (int64_t)number);
    else if (channel.len > 0)
        json_add_text(&w, "channel", channel);
    json_add_written(&w, kind, object_of(json));
    json_close(&w, '}');
    json_close(&w, '}');
}
