/* pool: the clients of each reactor by number, and how other threads reach them. */
#include "base/log.h"
#include "base/metrics.h"
#include "base/must.h"
#include "session/client.h"

#include <sodium.h>
#include <stdlib.h>

#define SPAN_MAX_MS (INT64_C(20) * 24 * 3600 * 1000)

struct client *pool_find(struct pool *p, uint64_t number)
{
    uint32_t slot = (uint32_t)number;
    if (slot >= p->slots_count || !p->slots[slot])
        return NULL;
    return client_number(p->slots[slot]) == number ? p->slots[slot] : NULL;
}

/* Room for more; what is not used yet is not written to, and so takes no memory. */
static bool grow(struct pool *p) ON(role_reactor)
{
    uint32_t count = p->slots_room ? p->slots_room * 2 : 16;
    struct client **slots = realloc(p->slots, count * sizeof *slots);
    if (slots)
        p->slots = slots;
    uint32_t *generations = realloc(p->generations, count * sizeof *generations);
    if (generations)
        p->generations = generations;
    uint32_t *free_slots = realloc(p->free_slots, count * sizeof *free_slots);
    if (free_slots)
        p->free_slots = free_slots;
    if (!slots || !generations || !free_slots)
        return false;
    p->slots_room = count;
    return true;
}

/* A free one; the caller has seen to it that there is room. */
static uint32_t slot_take(struct pool *p) ON(role_reactor)
{
    if (p->free_count > 0)
        return p->free_slots[--p->free_count];
    p->generations[p->slots_count] = 0;
    return p->slots_count++;
}

struct client *pool_add(struct pool *p)
{
    if (p->free_count == 0 && p->slots_count == p->slots_room && !grow(p))
        return NULL;
    struct client *c = calloc(1, sizeof *c);
    if (!c)
        return NULL;
    c->pool = p;
    c->subscriptions_room = SUBSCRIPTIONS_FEW_BITS;
    uint32_t slot = slot_take(p);
    c->connection.handle.number = (uint64_t)++p->generations[slot] << 32 | slot;
    p->slots[slot] = c;
    atomic_fetch_add(&p->count, 1);
    return c;
}

struct welcome *welcome_free(struct welcome *w)
{
    if (w) {
        free(w->person);
        free(w->subs);
        buf_fini(&w->results);
        buf_fini(&w->commands);
    }
    free(w);
    return NULL;
}

void pool_remove(struct client *c)
{
    struct pool *p = c->pool;
    uint32_t slot = (uint32_t)client_number(c);
    p->slots[slot] = NULL;
    p->free_slots[p->free_count++] = slot;
    atomic_fetch_sub(&p->count, 1);
    if (c->subscriptions_room > SUBSCRIPTIONS_FEW_BITS)
        free(c->more);
    free(c->person);
    welcome_free(c->welcome);
    free(c->words);
    free(c);
}

NO_THREAD_CHECK void pool_fini(struct pool *p)
{
    must(atomic_load(&p->count) == 0);
    free(p->slots);
    free(p->generations);
    free(p->free_slots);
    buf_fini(&p->scratch);
    buf_fini(&p->out);
    for (unsigned e = 0; e < ENCODING_COUNT; e++)
        for (unsigned f = 0; f < FRAMING_COUNT; f++)
            frame_unref(p->pings[e][f]);
}

/* ---- adopting */

/* A socket on its way; its texts are its own. */
struct arrival {
    struct session_socket socket;
    struct person *person;
    char early[];
};

static void on_adopt(void *subject, void *object, uint64_t number)
{
    (void)number;
    role_assert(&role_reactor);
    struct arrival *a = object;
    client_open(subject, &a->socket, &a->person);
    free(a->person);
    free(a);
}

static struct arrival *arrival_new(const struct session_socket *from)
{
    struct arrival *a = malloc(sizeof *a + from->early.len);
    if (!a)
        return NULL;
    char *at = a->early;
    a->socket = *from;
    a->socket.early = text_keep(&at, from->early);
    a->socket.identity = NULL;
    a->person = from->identity ? person_new(from->identity) : NULL;
    if (!from->identity || a->person)
        return a;
    free(a);
    return NULL;
}

enum err sessions_adopt(struct sessions *s, const struct session_socket *socket)
{
    struct arrival *a = arrival_new(socket);
    if (!a)
        return ERR_NOMEM;
    struct pool *least = &s->pools[0];
    for (unsigned i = 1; i < s->options.reactors_count; i++)
        if (atomic_load(&s->pools[i].count) < atomic_load(&least->count))
            least = &s->pools[i];
    enum err e = reactor_post(least->reactor, on_adopt, least, a, 0);
    if (e != ERR_OK) {
        free(a->person);
        free(a);
    }
    return e;
}

unsigned sessions_count(struct sessions *s)
{
    unsigned n = 0;
    for (unsigned i = 0; i < s->options.reactors_count; i++)
        n += atomic_load(&s->pools[i].count);
    return n;
}

/* ---- commands that come another way */

struct command_call {
    size_t key_len, data_len;
    char bytes[]; /* key, data */
};

static void on_command(void *subject, void *object, uint64_t number)
{
    role_assert(&role_reactor);
    struct command_call *call = object;
    struct client *c = pool_find(subject, number);
    struct text key = c ? client_word(c, WORD_KEY) : TEXT_NONE;
    if (key.len == call->key_len && key.len > 0 &&
        sodium_memcmp(key.data, call->bytes, key.len) == 0 && c->state != CLIENT_CLOSED) {
        stream_conn_count(&c->line.stream, call->data_len);
        if (c->joined)
            ws_connection_alive(&c->connection, reactor_now_ms(c->pool->reactor));
        client_on_message(c, (struct text){call->bytes + call->key_len, call->data_len});
    } else {
        metric_add(METRIC_replies_dropped, 1);
    }
    free(call);
}

/* "<reactor>.<slot>.<generation>.<secret>" */
static bool read_key(struct text key, uint32_t out[3])
{
    for (unsigned i = 0; i < 3; i++) {
        struct text part;
        char digits[11], *end;
        if (!text_split(&key, '.', &part) || part.len == 0 || part.len >= sizeof digits)
            return false;
        text_copy(digits, sizeof digits, part);
        unsigned long n = strtoul(digits, &end, 10);
        if (*end || digits[0] < '0' || digits[0] > '9' || n > UINT32_MAX)
            return false;
        out[i] = (uint32_t)n;
    }
    return key.len > 0;
}

enum err sessions_command(struct sessions *s, struct text key, struct text data)
{
    uint32_t at[3];
    if (!read_key(key, at) || at[0] >= s->options.reactors_count)
        return ERR_BAD_REQUEST;
    struct command_call *call = malloc(sizeof *call + key.len + data.len);
    if (!call)
        return ERR_NOMEM;
    call->key_len = key.len;
    call->data_len = data.len;
    memcpy(call->bytes, key.data, key.len);
    if (data.len > 0)
        memcpy(call->bytes + key.len, data.data, data.len);
    struct pool *p = &s->pools[at[0]];
    enum err e = reactor_post(p->reactor, on_command, p, call, (uint64_t)at[2] << 32 | at[1]);
    if (e != ERR_OK)
        free(call);
    return e;
}

/* ---- closing */

struct close_call {
    int64_t user_id, session_id;
    unsigned code;
};

/* Also of a socket whose cookie was good and that has not said connect yet. */
static bool is_meant(const struct client *c, const struct close_call *call)
{
    bool early = c->state == CLIENT_OPENED && c->person;
    int64_t session_id = early ? c->person->session_id : c->session_id;
    int64_t user_id = early ? c->person->user_id : c->hub_client.user_id;
    return (!call->session_id || session_id == call->session_id) &&
           (!call->user_id || user_id == call->user_id);
}

static void on_close_call(void *subject, void *object, uint64_t number)
{
    (void)number;
    role_assert(&role_reactor);
    struct pool *p = subject;
    const struct close_call *call = object;
    for (uint32_t i = 0; i < p->slots_count; i++) {
        struct client *c = p->slots[i];
        if (c && is_meant(c, call))
            client_close(c, call->code);
    }
    free(object);
}

void sessions_close(struct sessions *s, int64_t user_id, int64_t session_id, unsigned code)
{
    for (unsigned i = 0; i < s->options.reactors_count; i++) {
        struct pool *p = &s->pools[i];
        struct close_call *call = malloc(sizeof *call);
        if (call) {
            *call = (struct close_call){user_id, session_id, code};
            if (reactor_post(p->reactor, on_close_call, p, call, 0) == ERR_OK)
                continue;
            free(call);
        }
        atomic_fetch_add(&p->doubts, 1); /* each client asks for its session with its next ping */
    }
}

static void on_shutdown(void *subject, void *object, uint64_t spread_ms)
{
    (void)object;
    role_assert(&role_reactor);
    struct pool *p = subject;
    int64_t now_ms = reactor_now_ms(p->reactor);
    for (uint32_t i = 0; i < p->slots_count; i++) {
        struct client *c = p->slots[i];
        if (!c || c->state == CLIENT_CLOSED)
            continue;
        c->stopping = true;
        c->ping_due_ms = (uint32_t)(now_ms + (int64_t)(spread_ms * i / p->slots_count));
        client_set_timer(c);
    }
}

void sessions_shutdown(struct sessions *s, int64_t spread_ms)
{
    for (unsigned i = 0; i < s->options.reactors_count; i++)
        if (reactor_post(s->pools[i].reactor, on_shutdown, &s->pools[i], NULL,
                         (uint64_t)spread_ms) != ERR_OK)
            log_event(LOG_WARN, "shutdown_not_told", KV_INT("reactor", i));
}

/* ---- listing: one walk through the reactors, each adds its records */

struct list_walk {
    struct sessions *sessions;
    struct connections_answer answer;
    int64_t user_id;
    unsigned next;
    enum err err;
    struct buf records;
    size_t channel_len;
    char channel[];
};

static void list_end(struct list_walk *w)
{
    enum err e = w->err == ERR_OK ? w->records.err : w->err;
    size_t count = w->records.len / sizeof(struct ws_connection_record);
    const void *records = w->records.data; /* malloc'ed: aligned */
    w->answer.done(w->answer.owner, e, records, e == ERR_OK ? count : 0);
    buf_fini(&w->records);
    free(w);
}

static void on_list(void *subject, void *object, uint64_t number)
{
    (void)number;
    role_assert(&role_reactor);
    struct pool *p = subject;
    struct list_walk *w = object;
    for (uint32_t i = 0; i < p->slots_count; i++) {
        struct client *c = p->slots[i];
        if (!c || c->state != CLIENT_CONNECTED ||
            (w->user_id && c->hub_client.user_id != w->user_id))
            continue;
        struct ws_connection_record record;
        client_record(c, &record);
        if (w->channel_len > 0)
            client_record_position(c, (struct text){w->channel, w->channel_len}, &record);
        buf_add(&w->records, &record, sizeof record);
    }
    if (w->next == w->sessions->options.reactors_count) {
        list_end(w);
        return;
    }
    struct pool *next = &w->sessions->pools[w->next++];
    enum err e = reactor_post(next->reactor, on_list, next, w, 0);
    if (e == ERR_OK)
        return; /* it is the next one's now, and may be gone already */
    w->err = e;
    list_end(w);
}

enum err sessions_list(struct sessions *s, int64_t user_id, struct text channel,
                       struct connections_answer answer)
{
    struct list_walk *w = calloc(1, sizeof *w + channel.len);
    if (!w)
        return ERR_NOMEM;
    w->sessions = s;
    w->answer = answer;
    w->user_id = user_id;
    w->next = 1;
    w->channel_len = channel.len;
    if (channel.len > 0)
        memcpy(w->channel, channel.data, channel.len);
    buf_init(&w->records, (size_t)64 << 20);
    enum err e = reactor_post(s->pools[0].reactor, on_list, &s->pools[0], w, 0);
    if (e != ERR_OK)
        free(w);
    return e;
}

/* ---- life */

NO_THREAD_CHECK static bool make_pings(struct pool *p)
{
    bool made = true;
    for (unsigned e = 0; e < ENCODING_COUNT; e++)
        for (unsigned f = 0; f < FRAMING_COUNT; f++) {
            p->pings[e][f] = form_frame(
                (struct form){.encoding = (uint8_t)e, .framing = (uint8_t)f}, TEXT("{}"), false);
            made = made && p->pings[e][f];
        }
    return made;
}

/* What a client keeps the lower half of comes within the time that can be told apart by it. */
static void bound(int64_t *span_ms)
{
    if (*span_ms > SPAN_MAX_MS)
        *span_ms = SPAN_MAX_MS;
}

NO_THREAD_CHECK enum err sessions_new(const struct session_options *options,
                                      struct sessions **out_sessions)
{
    struct sessions *s = calloc(1, sizeof *s + options->reactors_count * sizeof s->pools[0]);
    if (!s)
        return ERR_NOMEM;
    s->options = *options;
    bound(&s->options.ping_interval_ms);
    bound(&s->options.pong_timeout_ms);
    bound(&s->options.stale_close_delay_ms);
    client_make_owners(s);
    enum err e = ERR_OK;
    for (unsigned i = 0; i < options->reactors_count; i++) {
        struct pool *p = &s->pools[i];
        p->sessions = s;
        p->reactor = options->reactors[i];
        p->queue_share = options->queue_total_bytes / options->reactors_count;
        atomic_init(&p->doubts, 1);
        buf_init(&p->scratch, options->message_max_bytes);
        buf_init(&p->out, 4u << 20);
        if (!make_pings(p))
            e = ERR_NOMEM;
    }
    if (e == ERR_OK)
        *out_sessions = s;
    else
        sessions_free(s);
    return e;
}

struct sessions *sessions_free(struct sessions *s)
{
    for (unsigned i = 0; s && i < s->options.reactors_count; i++)
        pool_fini(&s->pools[i]);
    free(s);
    return NULL;
}
