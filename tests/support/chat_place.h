/* chat_place: a place with chat in it, and a hub that only writes down what it is told. The five calls of the manager and
 * the four of the hub that chat makes are here, so neither room is linked: a test sees exactly what chat publishes.
 *
 * Included by one file of a program. */
#ifndef SNUG_TESTS_CHAT_PLACE_H
#define SNUG_TESTS_CHAT_PLACE_H

#include "chat/chat.h"
#include "hub/hub.h"
#include "manager/ws_connection.h"
#include "product.h"

#include <pthread.h>

#ifndef PLACE_RECOVERY_MAX
#define PLACE_RECOVERY_MAX 20 /* publications a recovery */
#endif

/* ---- what was published */

enum publication_kind { PUB_STREAM, PUB_USER, PUB_PASSING, PUB_UNSUBSCRIBE, PUB_EVERYBODY };

struct heard {
    enum publication_kind kind;
    unsigned code; /* of an unsubscription */
    char channel[64];
    char *data;
    uint64_t offset;
    int64_t time_ms, user_id;
};

#define PUBLICATIONS_MAX 4096
static struct heard pub_list[PUBLICATIONS_MAX];
static size_t pub_count;
static pthread_mutex_t pub_lock = PTHREAD_MUTEX_INITIALIZER;

static void pub_add(struct heard p, struct text channel, struct text data)
{
    text_copy(p.channel, sizeof p.channel, channel);
    p.data = text_dup(data);
    (void)pthread_mutex_lock(&pub_lock);
    must(pub_count < PUBLICATIONS_MAX);
    pub_list[pub_count++] = p;
    (void)pthread_mutex_unlock(&pub_lock);
}

void hub_publish(struct hub *hub, struct text channel, struct text data, uint64_t offset,
                 int64_t time_ms)
{
    (void)hub;
    pub_add((struct heard){.kind = PUB_STREAM, .offset = offset, .time_ms = time_ms}, channel,
            data);
}

void hub_publish_memory(struct hub *hub, struct text channel, struct text data)
{
    (void)hub;
    pub_add((struct heard){.kind = PUB_USER}, channel, data);
}

void hub_publish_passing(struct hub *hub, struct text channel, struct text data)
{
    (void)hub;
    pub_add((struct heard){.kind = PUB_PASSING}, channel, data);
}

void hub_unsubscribe_user(struct hub *hub, struct text channel, int64_t user_id, unsigned code,
                          struct text reason)
{
    (void)hub;
    pub_add((struct heard){.kind = PUB_UNSUBSCRIBE, .user_id = user_id, .code = code}, channel,
            reason);
}

/* Forgets what was published. */
static inline void pub_clear(void)
{
    (void)pthread_mutex_lock(&pub_lock);
    for (size_t i = 0; i < pub_count; i++)
        free(pub_list[i].data);
    pub_count = 0;
    (void)pthread_mutex_unlock(&pub_lock);
}

/* How many there were of that kind, channel and type ("" any). */
static inline int pub_of(enum publication_kind kind, const char *channel, const char *type)
{
    int n = 0;
    (void)pthread_mutex_lock(&pub_lock);
    for (size_t i = 0; i < pub_count; i++)
        n += pub_list[i].kind == kind && (!*channel || strcmp(pub_list[i].channel, channel) == 0) &&
             (!*type || strcmp(json_look(pub_list[i].data, "type"), type) == 0);
    (void)pthread_mutex_unlock(&pub_lock);
    return n;
}

/* The newest of them; a zero one if there is none. Its data is good until pub_clear. */
static inline struct heard pub_last(enum publication_kind kind, const char *channel,
                                    const char *type)
{
    struct heard found = {.data = ""};
    (void)pthread_mutex_lock(&pub_lock);
    for (size_t i = 0; i < pub_count; i++)
        if (pub_list[i].kind == kind && (!*channel || strcmp(pub_list[i].channel, channel) == 0) &&
            (!*type || strcmp(json_look(pub_list[i].data, "type"), type) == 0))
            found = pub_list[i];
    (void)pthread_mutex_unlock(&pub_lock);
    return found;
}

/* ---- who is here */

static _Atomic uint64_t users_here;  /* bit n: user n has a connection */
static _Atomic uint64_t users_known; /* bit n: user n has a manager, perhaps without connections */

struct ws_manager {
    char nothing;
};
static struct ws_manager managers[64]; /* by user id; never freed, so nothing is counted */

struct ws_manager *ws_manager_find(struct ws_registry *r, struct text user)
{
    (void)r;
    int64_t id = text_id(user);
    uint64_t known = atomic_load(&users_here) | atomic_load(&users_known);
    return id < 64 && (known >> id & 1) ? &managers[id] : NULL;
}

size_t ws_manager_connections(struct ws_manager *m)
{
    return atomic_load(&users_here) >> (m - managers) & 1;
}

struct ws_sent ws_manager_send(struct ws_manager *m, struct text json,
                               const struct ws_receipt *receipt)
{
    char channel[32];
    must(!receipt); /* chat asks for none */
    (void)snprintf(channel, sizeof channel, "user:%d", (int)(m - managers));
    pub_add((struct heard){.kind = PUB_USER}, text_of(channel), json);
    return (struct ws_sent){.outcome = WS_QUEUED};
}

enum err ws_registry_broadcast(struct ws_registry *r, struct text json, const struct text *except,
                               size_t except_count, struct ws_reached *out_reached)
{
    (void)r;
    (void)except;
    must(except_count == 0);
    pub_add((struct heard){.kind = PUB_EVERYBODY}, TEXT(""), json);
    *out_reached = (struct ws_reached){0};
    return ERR_OK;
}

struct ws_manager *ws_manager_unref(struct ws_manager *m)
{
    (void)m;
    return NULL;
}

/* ---- the place */

struct place {
    struct product *p;
    struct chat *chat;
    struct accounts_hooks hooks;
    int64_t mira, ana, ben, root; /* root is the admin; all are in general (room 1) */
    struct actor as_mira, as_ana, as_ben, as_root, as_nobody;
};

static int64_t place_keep_ms, place_keep_messages, place_keep_bytes; /* of the next one */

static inline void place_open_chat(struct place *w)
{
    struct chat_options options = {
        .env = &w->p->env,
        .store = w->p->store,
        .hub = (struct hub *)w,              /* never looked into */
        .registry = (struct ws_registry *)w, /* the same */
        .text_max = 16000,
        .typing_ms = 5000,
        .recovery_max = PLACE_RECOVERY_MAX,
        .history_max = 10,
        .reply_max_bytes = (size_t)512 * 1024,
        .keep_ms = place_keep_ms,
        .keep_messages = place_keep_messages,
        .keep_bytes = place_keep_bytes,
    };
    must(chat_new(&options, &w->chat) == ERR_OK);
    w->hooks = chat_accounts_hooks(w->chat);
    accounts_set_hooks(w->p->accounts, &w->hooks);
    method_table_add(&w->p->table, chat_methods(w->chat));
}

static inline struct place place_new(void)
{
    pub_clear();
    atomic_store(&users_here, 0);
    atomic_store(&users_known, 0);
    struct place w = {.p = product_new()};
    place_open_chat(&w);
    w.root = product_admin(w.p, "root");
    w.mira = product_person(w.p, "mira");
    w.ana = product_person(w.p, "ana");
    w.ben = product_person(w.p, "ben");
    w.as_root = actor_admin(w.root);
    w.as_mira = actor_user(w.mira);
    w.as_ana = actor_user(w.ana);
    w.as_ben = actor_user(w.ben);
    w.as_nobody = actor_nobody();
    return w;
}

static inline void place_close(struct place *w)
{
    product_stop(w->p);
    w->chat = chat_free(w->chat);
    w->p->accounts = accounts_free(w->p->accounts);
}

/* As after a restart of the server. */
static inline void place_reopen(struct place *w)
{
    place_close(w);
    product_open(w->p);
    place_open_chat(w);
}

static inline void place_free(struct place *w)
{
    place_close(w);
    product_free(w->p);
    pub_clear();
}

/* ---- jobs that were submitted so far are done */

static inline enum err place_nothing(struct db *db, void *data)
{
    (void)db;
    (void)data;
    return ERR_OK;
}

static inline void place_settle(struct place *w)
{
    must(test_call(writer_submit, w->p->store, place_nothing, NULL) == ERR_OK);
}

/* Time passes and the ticker runs; then the jobs it started are waited for through gates of both readers. */
static inline void place_tick(struct place *w, int64_t ms)
{
    product_advance(w->p, ms);
    chat_tick(w->chat);
    place_settle(w);
    test_later_done(w->p->store);
    struct gate gates[2]; /* both readers are at a gate: what was before it is done */
    gate_close(&gates[0], reader_submit, w->p->store);
    gate_close(&gates[1], reader_submit, w->p->store);
    gate_open(&gates[0]);
    gate_open(&gates[1]);
    gate_fini(&gates[0]);
    gate_fini(&gates[1]);
}

/* ---- what is in the file, as text */

static inline const char *place_look(struct place *w, const char *sql)
{
    static _Thread_local char out[64];
    return test_look(w->p->folder.path, sql, out) ? out : "(refused)";
}

/* ---- short forms */

#define CALL_AS(w, who, method, ...) product_call((w)->p, &(w)->as_##who, method, __VA_ARGS__)

static inline int64_t place_send(struct place *w, const struct actor *who, int64_t room,
                                 const char *text)
{
    static unsigned keys;
    struct answer_got *got = product_call(w->p, who, "message.send",
                                          "{\"room\":\"%lld\",\"text\":\"%s\",\"key\":\"k%u\"}",
                                          (long long)room, text, ++keys);
    if (got->err != ERR_OK)
        (void)fprintf(stderr, "message.send: %s %s\n", err_name(got->err), got->message);
    return got->err == ERR_OK ? got_int(got, "id") : 0;
}

static inline int64_t place_room(struct place *w, const struct actor *who, const char *name,
                                 bool private)
{
    struct answer_got *got =
        product_call(w->p, who, "room.create", "{\"name\":\"%s\",\"private\":%s}", name,
                     private ? "true" : "false");
    must(got->err == ERR_OK);
    return got_int(got, "id");
}

/* How many messages a search of Mira's finds. */
static inline int place_found(struct place *w, const char *words)
{
    struct answer_got *got = CALL_AS(w, mira, "message.search", "{\"query\":\"%s\"}", words);
    must(got->err == ERR_OK);
    return got_count(got, "messages");
}

#endif
