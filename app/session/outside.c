#include "session/outside.h"

#include "session/client.h"

#include <stdlib.h>

struct act {
    struct sessions *sessions;
    struct acted acted;
    /* errors: of the client; ERR_NOT_FOUND: there was nothing to do */
    enum err (*run)(const struct act *act, struct client *c);
    unsigned next; /* reactor */
    unsigned count;
    enum err err;
    struct client_choice who;
    struct server_subscription wanted;
    unsigned code;
    struct text reason;
    struct text spared; /* each ended by a NUL */
    char bytes[];       /* all of its texts */
};

/* ---- who is meant */

/* The user of a client, if it is known; false: not yet. */
static bool find_user(const struct client *c, struct text *out_user)
{
    bool early = c->state == CLIENT_OPENED && c->identity;
    *out_user = early ? text_of(c->identity->user) : client_user(c);
    return early || c->state == CLIENT_CONNECTED ||
           (c->state == CLIENT_CONNECTING && out_user->len > 0);
}

static bool is_meant(const struct act *a, const struct client *c)
{
    struct text user;
    return find_user(c, &user) && text_is(user, a->who.user) &&
           (a->who.client.len == 0 ||
            text_is(text_of(c->hub_client.actor.connection), a->who.client)) &&
           (a->who.session.len == 0 || text_is(text_of(c->session_key), a->who.session));
}

/* ---- the acts */

static enum err subscribe(const struct act *a, struct client *c)
{
    role_assert(&role_reactor);
    if (c->state != CLIENT_CONNECTED)
        return ERR_NOT_FOUND;
    enum err e = client_subscribe_for(c, &a->wanted);
    return e == ERR_SUBSCRIBED ? ERR_NOT_FOUND : e;
}

static enum err unsubscribe(const struct act *a, struct client *c)
{
    role_assert(&role_reactor);
    if (c->state != CLIENT_CONNECTED)
        return ERR_NOT_FOUND;
    bool was = client_unsubscribe_for(c, a->wanted.channel, 2000, TEXT("server unsubscribe"));
    return was ? ERR_OK : ERR_NOT_FOUND;
}

static bool is_spared(const struct act *a, const struct client *c)
{
    struct text rest = a->spared, one;
    while (rest.len > 0 && text_split(&rest, 0, &one))
        if (text_is(one, text_of(c->hub_client.actor.connection)))
            return true;
    return false;
}

static enum err disconnect(const struct act *a, struct client *c)
{
    role_assert(&role_reactor);
    if (is_spared(a, c))
        return ERR_NOT_FOUND;
    client_close_for(c, a->code, a->reason);
    return ERR_OK;
}

static enum err refresh(const struct act *a, struct client *c)
{
    role_assert(&role_reactor);
    int64_t at_ms = a->wanted.expires_ms;
    if (c->state != CLIENT_CONNECTED)
        return ERR_NOT_FOUND;
    if (at_ms && at_ms <= env_wall_ms(client_options(c)->env))
        client_close(c, CLOSE_expired);
    else
        client_expire_at(c, at_ms);
    return ERR_OK;
}

/* ---- the walk */

static void end(struct act *a)
{
    a->acted.done(a->acted.owner, a->err, a->count);
    free(a);
}

static void on_reactor(void *subject, void *object, uint64_t number);

static void walk_on(struct act *a)
{
    if (a->next < a->sessions->options.reactors_count) {
        struct pool *p = &a->sessions->pools[a->next++];
        enum err e = reactor_post(p->reactor, on_reactor, p, a, 0);
        if (e == ERR_OK)
            return; /* it is the next one's now, and may be gone already */
        a->err = e;
    }
    end(a);
}

static void on_reactor(void *subject, void *object, uint64_t number)
{
    (void)number;
    role_assert(&role_reactor);
    struct pool *p = subject;
    struct act *a = object;
    for (uint32_t i = 0; i < p->slots_count; i++) {
        struct client *c = p->slots[i];
        if (!c || !is_meant(a, c))
            continue;
        enum err e = a->run(a, c);
        a->count += e == ERR_OK;
        if (a->err == ERR_OK && e != ERR_NOT_FOUND)
            a->err = e;
    }
    walk_on(a);
}

/* ---- from anywhere */

/* Makes an act of `from`, whose texts are copied, and sends it on its way. errors: ERR_NOMEM */
static enum err start(const struct act *from)
{
    const size_t bytes = from->who.user.len + from->who.client.len + from->who.session.len +
                         from->wanted.channel.len + from->wanted.epoch.len +
                         from->wanted.chan_info.len + from->wanted.data.len + from->reason.len +
                         from->spared.len;
    struct act *a = malloc(sizeof *a + bytes);
    if (!a)
        return ERR_NOMEM;
    *a = *from;
    struct text *const texts[] = {
        &a->who.user,       &a->who.client,   &a->who.session,
        &a->wanted.channel, &a->wanted.epoch, &a->wanted.chan_info,
        &a->wanted.data,    &a->reason,       &a->spared,
    };
    char *at = a->bytes;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        if (texts[i]->len > 0)
            memcpy(at, texts[i]->data, texts[i]->len);
        texts[i]->data = at;
        at += texts[i]->len;
    }
    walk_on(a);
    return ERR_OK;
}

enum err sessions_subscribe(struct sessions *s, const struct client_choice *who,
                            const struct server_subscription *wanted, struct acted acted)
{
    return start(&(struct act){
        .sessions = s, .acted = acted, .run = subscribe, .who = *who, .wanted = *wanted});
}

enum err sessions_unsubscribe(struct sessions *s, const struct client_choice *who,
                              struct text channel, struct acted acted)
{
    return start(&(struct act){
        .sessions = s, .acted = acted, .run = unsubscribe, .who = *who, .wanted.channel = channel});
}

enum err sessions_disconnect(struct sessions *s, const struct client_choice *who,
                             const struct disconnection *how, struct acted acted)
{
    struct buf spared;
    buf_init(&spared, (size_t)2 << 20);
    for (size_t i = 0; i < how->spared_count; i++) {
        buf_add_text(&spared, how->spared[i]);
        buf_add_char(&spared, 0);
    }
    enum err e = spared.err;
    if (e == ERR_OK)
        e = start(&(struct act){.sessions = s,
                                .acted = acted,
                                .run = disconnect,
                                .who = *who,
                                .code = how->code,
                                .reason = how->reason,
                                .spared = buf_text(&spared)});
    buf_fini(&spared);
    return e;
}

enum err sessions_refresh(struct sessions *s, const struct client_choice *who, int64_t expires_ms,
                          struct acted acted)
{
    return start(&(struct act){.sessions = s,
                               .acted = acted,
                               .run = refresh,
                               .who = *who,
                               .wanted.expires_ms = expires_ms});
}
