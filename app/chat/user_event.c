#include "base/log.h"
#include "chat/inside.h"
#include "hub/hub.h"
#include "manager/ws_connection.h"

#include <stdio.h>

#define NOTICE_MAX_BYTES 4096

static struct ws_manager *find(struct chat *c, int64_t user_id)
{
    char id[24];
    (void)snprintf(id, sizeof id, "%lld", (long long)user_id);
    return c->registry ? ws_manager_find(c->registry, text_of(id)) : NULL;
}

/* Who has no manager may come back soon: the channel keeps it for them. */
static void event_for_absent(struct chat *c, int64_t user_id, struct text data)
{
    char channel[32];
    (void)snprintf(channel, sizeof channel, "user:%lld", (long long)user_id);
    struct hub *hub = atomic_load(&c->hub);
    if (hub)
        hub_publish_memory(hub, text_of(channel), data);
}

void user_event(struct chat *c, int64_t user_id, struct text data)
{
    struct ws_manager *m = find(c, user_id);
    if (m)
        (void)ws_manager_send(m, data, NULL);
    else
        event_for_absent(c, user_id, data);
    (void)ws_manager_unref(m);
}

bool chat_user_is_here(struct chat *c, int64_t user_id)
{
    struct ws_manager *m = find(c, user_id);
    bool here = m && ws_manager_connections(m) > 0;
    (void)ws_manager_unref(m);
    return here;
}

bool user_is_known(struct chat *c, int64_t user_id)
{
    struct ws_manager *m = find(c, user_id);
    (void)ws_manager_unref(m);
    return m != NULL;
}

enum err everybody_event(struct chat *c, struct text data)
{
    struct ws_reached reached = {0};
    return c->registry ? ws_registry_broadcast(c->registry, data, NULL, 0, &reached) : ERR_OK;
}

/* Who is not told sees it in the next list. On the writer, so that two changes are told in their order. */
void person_called(void *chat, const struct person *p)
{
    struct chat *c = chat;
    struct json_writer w;
    struct buf notice;
    char room[1024];
    buf_init_lent(&notice, NOTICE_MAX_BYTES, room, sizeof room);
    json_begin(&w, &notice);
    json_open(&w, NULL, '{');
    json_add_text(&w, "type", TEXT("user_changed"));
    person_write(&w, "user", p);
    json_close(&w, '}');
    enum err e = notice.err;
    if (e == ERR_OK)
        e = everybody_event(c, buf_text(&notice));
    if (e != ERR_OK)
        log_event(LOG_WARN, "person_called_not_told", KV_INT("user", p->id),
                  KV_STR("why", err_name(e)));
    buf_fini(&notice);
}
