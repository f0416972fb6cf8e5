#include "session/outside.h"

#include "session/client.h"

#include <stdlib.h>

struct act {
    struct sessions *sessions;
    struct acted acted;
    void (*run)(struct act *act, struct client *c); /* says act_answered, now or later */
    unsigned next;                                  /* reactor */
    atomic_uint waiting; /* the walk, and clients whose answer comes later: on any reactor */
    atomic_uint count;
    atomic_int err; /* the first */
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
    bool early = c->state == CLIENT_OPENED && c->person;
    *out_user = early ? c->person->user : client_user(c);
    return early || c->state == CLIENT_CONNECTED ||
           (c->state == CLIENT_CONNECTING && out_user->len > 0);
}

static bool is_meant(const struct act *a, const struct client *c)
{
    struct text user;
    return find_user(c, &user) && text_is(user, a->who.user) &&
           (a->who.client.len == 0 || client_is(c, a->who.client)) &&
           (a->who.session.len == 0 || text_is(client_word(c, WORD_KEY), a->who.session));
}

/* ---- the acts */

static void subscribe(struct act *a, struct client *c)
{
    role_assert(&role_reactor);
    enum err e = ERR_NOT_FOUND;
    if (c->state == CLIENT_CONNECTED)
        e = client_subscribe_for(c, &a->wanted, a);
    if (e != ERR_OK)
        act_answered(a, e == ERR_SUBSCRIBED ? ERR_NOT_FOUND : e);
}

static void unsubscribe(struct act *a, struct client *c)
{
    role_assert(&role_reactor);
    bool was = c->state == CLIENT_CONNECTED &&
               client_unsubscribe_for(c, a->wanted.channel, 2000, TEXT("server unsubscribe"));
    act_answered(a, was ? ERR_OK : ERR_NOT_FOUND);
}

static bool is_spared(const struct act *a, const struct client *c)
{
    struct text rest = a->spared, one;
    while (rest.len > 0 && text_split(&rest, 0, &one))
        if (client_is(c, one))
            return true;
    return false;
}

static void disconnect(struct act *a, struct client *c)
{
    role_assert(&role_reactor);
    bool ends = !is_spared(a, c);
    if (ends)
        client_close_for(c, a->code, a->reason);
    act_answered(a, ends ? ERR_OK : ERR_NOT_FOUND);
}

static void refresh(struct act *a, struct client *c)
{
    role_assert(&role_reactor);
    int64_t at_ms = a->wanted.expires_ms;
    bool there = c->state == CLIENT_CONNECTED;
    if (there && at_ms && at_ms <= env_wall_ms(client_options(c)->env))
        client_close(c, CLOSE_expired);
    else if (there)
        client_expire_at(c, at_ms);
    act_answered(a, there ? ERR_OK : ERR_NOT_FOUND);
}

/* ---- the walk */

/* errors: ERR_NOT_FOUND: there was nothing to do */
void act_answered(struct act *a, enum err e)
{
    int none = ERR_OK;
    if (e == ERR_OK)
        atomic_fetch_add(&a->count, 1);
    else if (e != ERR_NOT_FOUND)
        (void)atomic_compare_exchange_strong(&a->err, &none, (int)e);
    if (atomic_fetch_sub(&a->waiting, 1) > 1)
        return;
    a->acted.done(a->acted.owner, (enum err)atomic_load(&a->err), atomic_load(&a->count));
    free(a);
}

static void on_reactor(void *subject, void *object, uint64_t number);

static void walk_on(struct act *a)
{
    enum err e = ERR_NOT_FOUND; /* the walk itself is nobody it was done to */
    if (a->next < a->sessions->options.reactors_count) {
        struct pool *p = &a->sessions->pools[a->next++];
        e = reactor_post(p->reactor, on_reactor, p, a, 0);
        if (e == ERR_OK)
            return; /* it is the next one's now, and may be gone already */
    }
    act_answered(a, e);
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
        atomic_fetch_add(&a->waiting, 1);
        a->run(a, c);
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
    atomic_init(&a->waiting, 1);
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
