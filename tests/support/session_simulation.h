/* session_simulation: a server with a disk, and clients that check all they hear. What is promised, and what happens to
 * them: session_simulation_test.c. */
#ifndef SNUG_TESTS_SESSION_SIMULATION_H
#define SNUG_TESTS_SESSION_SIMULATION_H

#include "base/log.h"
#include "session_world.h"
#include "simulated_line.h"

#define CLIENTS 6
#define USERS 3
#define EVENTS_MAX 4096
#define PENDING 256 /* commands without an answer, by id */
#define LATE_MAX 32
#define NEWS_KEPT 40
#define QUEUE_MAX_BYTES 98304
#define SHORT_MS 600000 /* of a "short-N" token */

enum channel { ROOM, NEWS, OWN, CHANNELS };
enum place { GONE, ASKED, THERE, LEAVING };
enum welcome_kind { BY_COOKIE, BY_TOKEN, BY_SHORT_TOKEN, BY_BAD_TOKEN, SILENT };

struct seat {
    enum place place;
    bool known;
    uint64_t position;
    char epoch[33];
};

struct sim_client {
    struct simulation *sim;
    unsigned index, user;
    struct line line;
    enum welcome_kind kind;
    bool connected, closed; /* closed: the server's close frame came */
    bool slow, deaf, forced, evicted, refreshing;
    int64_t opened_ms, calm_ms; /* calm: everything was read and carried */
    uint64_t carried;           /* the turn before the last time */
    int64_t asked_ms, ends_ms;  /* its token: when it was last brought, the earliest end */
    uint32_t last_id;
    const char *pending[PENDING]; /* the command's name */
    struct seat seats[CHANNELS];
    uint64_t list[EVENTS_MAX]; /* of room:1 */
};

struct simulation {
    struct session_world w; /* the rules' ctx; its env is ours */
    struct chance chance;
    uint64_t seed, step, turns, trace;
    bool broken;
    uint64_t disk[EVENTS_MAX], top; /* room:1 */
    uint64_t news[EVENTS_MAX];      /* of this epoch, as the first who heard of them said */
    uint64_t said;
    struct reply late[LATE_MAX];
    unsigned late_count;
    int64_t registered; /* managers made before */
    unsigned closes[5000], answers, recovered, restarts;
    struct sim_client clients[CLIENTS];
};

static inline void promise(struct simulation *s, bool kept, const char *words,
                           const struct sim_client *c)
{
    if (kept || s->broken)
        return;
    s->broken = true;
    (void)printf("\n    seed %llu, step %llu, client %d: %s\n", (unsigned long long)s->seed,
                 (unsigned long long)s->step, c ? (int)c->index : -1, words);
    CU_FAIL("a promise was broken");
}

static inline void note(struct simulation *s, unsigned who, struct text what)
{
    s->trace = (s->trace ^ who) * UINT64_C(1099511628211);
    for (size_t i = 0; i < what.len; i++)
        s->trace = (s->trace ^ (unsigned char)what.data[i]) * UINT64_C(1099511628211);
}

/* ---- the server: a disk, three methods, a namespace that is open to all */

static inline int64_t sim_ms(void *ctx)
{
    return ((struct simulation *)ctx)->w.now_ms;
}

static inline void sim_random(void *ctx, void *out, size_t len)
{
    chance_fill(&((struct simulation *)ctx)->chance, out, len);
}

static inline void write_event(struct buf *b, uint64_t value, uint64_t offset)
{
    buf_add_format(b, "{\"data\":{\"n\":%llu},\"offset\":%llu}", (unsigned long long)value,
                   (unsigned long long)offset);
}

static inline enum err sim_ask(void *ctx, const struct stream_query *q, struct stream_asker asker)
{
    struct simulation *s = ctx;
    struct stream_page page = {
        .err = text_is(text_of(q->channel), TEXT("room:1")) ? ERR_OK : ERR_DENIED,
        .options = {.recover = true, .position = true, .presence = true, .join_leave = true},
        .top = s->top,
        .complete = !q->epoch[0] || strcmp(q->epoch, "e1") == 0};
    text_copy(page.epoch, sizeof page.epoch, TEXT("e1"));
    buf_init(&page.publications, 1 << 20);
    for (uint64_t o = q->since + 1; q->has_since && q->limit != 0 && o <= s->top; o++) {
        if (page.count++ > 0)
            buf_add_char(&page.publications, ',');
        write_event(&page.publications, s->disk[o], o);
        page.last = o;
    }
    asker.answer(asker, &page);
    return ERR_OK;
}

static inline void room_publish(struct simulation *s)
{
    char data[64];
    if (s->top + 1 == EVENTS_MAX)
        return;
    uint64_t value = s->disk[++s->top] = chance_next(&s->chance) >> 12;
    int n = snprintf(data, sizeof data, "{\"n\":%llu}", (unsigned long long)value);
    hub_publish(s->w.hub, TEXT("room:1"), (struct text){data, (size_t)n}, s->top, s->w.now_ms);
}

static inline void room_send(void *ctx, const struct actor *a, const struct args *args,
                             struct reply reply)
{
    (void)a;
    (void)args;
    room_publish(ctx);
    reply_json(reply, TEXT("{}"));
}

static inline void answer_late(struct simulation *s, unsigned which)
{
    reply_json(s->late[which], TEXT("{}"));
    s->late[which] = s->late[--s->late_count];
}

static inline void late(void *ctx, const struct actor *a, const struct args *args,
                        struct reply reply)
{
    (void)a;
    (void)args;
    struct simulation *s = ctx;
    if (s->late_count == LATE_MAX)
        answer_late(s, 0);
    s->late[s->late_count++] = reply;
}

static const struct method sim_methods[] = {
    {.name = "test.echo",
     .right = RIGHT_USER,
     .params = test_echo_params,
     .params_count = 1,
     .handler = test_echo},
    {.name = "test.late", .right = RIGHT_USER, .handler = late},
    {.name = "room.send", .right = RIGHT_USER, .handler = room_send},
};

static const struct channel_namespace sim_list[] = {{.name = "news",
                                                     .history_size = NEWS_KEPT,
                                                     .history_ttl = INT64_MAX / 4,
                                                     .force_recovery = true,
                                                     .presence = true,
                                                     .join_leave = true,
                                                     .allow_subscribe_for_client = true,
                                                     .allow_publish_for_client = true,
                                                     .allow_history_for_client = true,
                                                     .allow_presence_for_client = true}};
static const struct channel_namespaces sim_namespaces = {.list = sim_list, .count = 1};

static inline void hub_open(struct simulation *s)
{
    struct hub_options o = {.env = &s->w.env,
                            .reactors = &s->w.reactor,
                            .reactors_count = 1,
                            .source = {s, session_world_serves, sim_ask},
                            .memory_events = 100,
                            .memory_ttl_ms = 300000,
                            .publication_max = 1 << 20,
                            .namespaces = &sim_namespaces};
    CHECK_INT(hub_new(&o, &s->w.hub), ERR_OK);
    CHECK_INT(hub_start(s->w.hub), ERR_OK);
}

static inline void server_open(struct simulation *s) CLANG(acquire_capability(role_reactor))
{
    struct session_world *w = &s->w;
    *w = (struct session_world){.now_ms = w->now_ms};
    w->env = (struct env){s, sim_ms, sim_ms, sim_random};
    CHECK_INT(reactor_new(&(struct reactor_options){&w->env, 0, 4096}, &w->reactor), ERR_OK);
    hub_open(s);
    struct ws_registry_options ro = {
        .env = &w->env, .hub = w->hub, .connections_max = 2, .idle_ms = 60000};
    CHECK_INT(ws_registry_new(&ro, &w->registry), ERR_OK);
    method_table_add(&w->methods, (struct method_set){sim_methods, 3, s});
    struct session_options so = {
        .env = &w->env,
        .hub = w->hub,
        .registry = w->registry,
        .reactors = &w->reactor,
        .reactors_count = 1,
        .rules = {w, &w->methods, world_identify, world_renew, .welcome = world_welcome,
                  .serves = session_world_serves, .opened = world_opened, .closed = world_closed,
                  .admitted = world_admitted},
        .version = "test",
        .ping_interval_ms = 25000,
        .pong_timeout_ms = 8000,
        .stale_close_delay_ms = 15000,
        .queue_max_bytes = QUEUE_MAX_BYTES,
        .message_max_bytes = 65536,
        .channel_limit = 3,
        .commands = {10000, 1000},
    };
    CHECK_INT(sessions_new(&so, &w->sessions), ERR_OK);
    reactor_enter(w->reactor);
}

/* Late answers come before the end; what is on its way arrives. */
static inline void server_close(struct simulation *s) CLANG(release_capability(role_reactor))
{
    session_world_turn(&s->w); /* the last commands are read */
    while (s->late_count > 0)
        answer_late(s, 0);
    session_world_turn(&s->w);
    session_world_close(&s->w);
}

/* ---- what a client hears */

static inline const char *channel_name(const struct sim_client *c, enum channel ch)
{
    static const char *const own[USERS] = {"user:1", "user:2", "user:3"};
    return ch == ROOM ? "room:1" : ch == NEWS ? "news:a" : own[c->user - 1];
}

static inline struct seat *seat_of(struct sim_client *c, struct text channel)
{
    for (enum channel ch = 0; ch < CHANNELS; ch++)
        if (text_is(channel, text_of(channel_name(c, ch))))
            return &c->seats[ch];
    abort();
}

static inline void hear_event(struct sim_client *c, struct seat *seat, struct text publication)
{
    struct simulation *s = c->sim;
    uint64_t offset = json_get_number(publication, "offset");
    uint64_t value = json_get_number(json_get(publication, "data"), "n");
    promise(s, offset == seat->position + 1, "an event that is not the next", c);
    if (s->broken || offset >= EVENTS_MAX)
        return;
    seat->position = offset;
    if (seat == &c->seats[ROOM])
        c->list[offset] = value;
    if (seat == &c->seats[NEWS] && s->news[offset] == 0)
        s->news[offset] = value;
    if (seat == &c->seats[NEWS])
        promise(s, s->news[offset] == value, "two clients heard different news", c);
}

static inline void hear_events(struct sim_client *c, struct seat *seat, struct text list)
{
    struct text one;
    while (list.len && json_element(&list, &one))
        hear_event(c, seat, one);
}

static inline void hear_subscribed(struct sim_client *c, enum channel ch, struct text result)
{
    struct simulation *s = c->sim;
    struct seat *seat = &c->seats[ch];
    struct text epoch = json_get_text(result, "epoch");
    uint64_t top = json_get_number(result, "offset");
    bool asked = seat->known, recovered = json_get(result, "recovered").len > 0;
    bool same = text_is(epoch, text_of(seat->epoch)) || !seat->epoch[0];
    if (recovered) { /* the answer tells the position it recovers from, each event moves it on */
        promise(s, seat->position == top && asked && same, "recovered, but from elsewhere", c);
        hear_events(c, seat, json_get(result, "publications"));
        s->recovered++;
    } else {
        bool could = asked && same && (ch == ROOM || top - seat->position <= NEWS_KEPT);
        promise(s, ch == OWN || !could, "not recovered, though it is all there", c);
        seat->position = top;
    }
    text_copy(seat->epoch, sizeof seat->epoch, epoch);
    seat->place = THERE;
    seat->known = true;
}

static inline void hear_connected(struct sim_client *c, struct text result)
{
    c->connected = true;
    hear_subscribed(c, OWN, json_get(json_get(result, "subs"), channel_name(c, OWN)));
}

static inline void hear_error(struct sim_client *c, const char *command, struct text error)
{
    uint64_t code = json_get_number(error, "code");
    bool connecting = strcmp(command, "connect") == 0 && c->kind == BY_BAD_TOKEN;
    bool evicted = code == 103 && c->evicted;
    bool left = code == 100 && strncmp(command, "subscribe", 9) == 0; /* before the answer */
    for (enum channel ch = ROOM; ch <= NEWS; ch++)
        if (strcmp(command, ch == ROOM ? "subscribe room" : "subscribe news") == 0)
            c->seats[ch].place = GONE;
    promise(c->sim, connecting || evicted || left, "an error without a reason", c);
}

static inline void hear_result(struct sim_client *c, const char *command, struct text reply)
{
    if (strcmp(command, "connect") == 0)
        hear_connected(c, json_get(reply, "connect"));
    else if (strcmp(command, "subscribe room") == 0)
        hear_subscribed(c, ROOM, json_get(reply, "subscribe"));
    else if (strcmp(command, "subscribe news") == 0)
        hear_subscribed(c, NEWS, json_get(reply, "subscribe"));
    else if (strcmp(command, "unsubscribe room") == 0)
        c->seats[ROOM].place = GONE;
    else if (strcmp(command, "unsubscribe news") == 0)
        c->seats[NEWS].place = GONE;
    else if (strcmp(command, "refresh") == 0) {
        c->ends_ms = c->asked_ms + SHORT_MS;
        c->refreshing = false;
    }
}

static inline void hear_reply(struct sim_client *c, uint64_t id, struct text reply)
{
    const char *command = c->pending[id % PENDING];
    promise(c->sim, command && id <= c->last_id, "an answer to nothing, or a second one", c);
    if (c->sim->broken)
        return;
    c->pending[id % PENDING] = NULL;
    c->sim->answers++;
    struct text error = json_get(reply, "error");
    if (error.len > 0) {
        hear_error(c, command, error);
        return;
    }
    char kind[32];
    text_copy(kind, sizeof kind, text_of(command));
    kind[strcspn(kind, " ")] = '\0';
    promise(c->sim, json_get(reply, kind).len > 0, "another command's answer", c);
    hear_result(c, command, reply);
}

static inline void hear_push(struct sim_client *c, struct text push)
{
    struct seat *seat = seat_of(c, json_get_text(push, "channel"));
    if (json_get(push, "unsubscribe").len > 0) {
        promise(c->sim, c->evicted, "an end without a reason", c);
        if (seat->place == THERE)
            seat->place = GONE;
        return;
    }
    promise(c->sim, seat->place == THERE || seat->place == LEAVING, "a push to who is not there",
            c);
    if (json_get(push, "pub").len > 0)
        hear_event(c, seat, json_get(push, "pub"));
}

static inline void say(struct sim_client *c, const char *text)
{
    if (c->line.up_len < sizeof c->line.up / 2)
        line_say(&c->line, &c->sim->chance, WS_TEXT, text_of(text));
}

static inline void hear_message(struct sim_client *c, struct text message)
{
    struct text one, rest;
    while (!c->sim->broken && json_next(message, 64, &one, &rest)) {
        message = rest;
        uint64_t id = json_get_number(one, "id");
        if (text_is(one, TEXT("{}")) && !c->deaf)
            say(c, "{}");
        else if (id > 0)
            hear_reply(c, id, one);
        else if (json_get(one, "push").len > 0)
            hear_push(c, json_get(one, "push"));
    }
}

static inline bool has_reason(const struct sim_client *c, unsigned code)
{
    int64_t now_ms = c->sim->w.now_ms;
    switch (code) {
    case 1000: /* the answer to ours */
        return true;
    case 3004: /* it took too long to connect: nobody answered, or time flew */
        return c->kind == BY_BAD_TOKEN || (!c->connected && now_ms - c->opened_ms >= 15000);
    case 3500:
        return c->kind == BY_BAD_TOKEN;
    case 3005:
        return c->kind == BY_SHORT_TOKEN && now_ms >= c->ends_ms;
    case 3008:
        return c->slow || now_ms - c->calm_ms >= 8000; /* or time flew while it could not read */
    case 3012:
        return c->deaf || now_ms - c->calm_ms >= 8000;
    case 3502:
        return now_ms - c->calm_ms >= 15000 || c->kind == SILENT || c->kind == BY_BAD_TOKEN;
    case 3503:
        return c->forced;
    default: /* the other lines of its user are not noticed to be gone at once */
        return code == 3504;
    }
}

static inline void hear_close(struct sim_client *c, struct text payload)
{
    unsigned code = payload.len < 2 ? 1005
                                    : (unsigned)(unsigned char)payload.data[0] << 8 |
                                          (unsigned char)payload.data[1];
    c->closed = true;
    c->sim->closes[code < 5000 ? code : 0]++;
    if (!has_reason(c, code))
        (void)printf("\n    close %u\n", code);
    promise(c->sim, has_reason(c, code), "closed without a reason", c);
}

static inline void lose(struct sim_client *c)
{
    line_cut(&c->line);
    note(c->sim, c->index, TEXT("lost"));
    for (enum channel ch = 0; ch < CHANNELS; ch++)
        c->seats[ch].place = GONE;
    memset(c->pending, 0, sizeof c->pending);
    c->connected = c->closed = c->slow = c->deaf = c->forced = c->evicted = false;
    c->refreshing = false;
    c->last_id = 0;
}

/* Some bytes go both ways. */
static inline void carry(struct sim_client *c, size_t most)
{
    unsigned opcode;
    struct text payload;
    bool ended, there = line_carry(&c->line, most);
    size_t read = line_read(&c->line, most, &ended);
    while (!c->sim->broken && line_take(&c->line, &opcode, &payload)) {
        note(c->sim, c->index, payload);
        promise(c->sim, !c->closed, "something after the close", c);
        if (opcode == WS_CLOSE)
            hear_close(c, payload);
        else
            hear_message(c, payload);
    }
    if (ended || !there)
        lose(c);
    else if (read == 0 && c->line.up_len == 0 && c->sim->turns > c->carried)
        c->calm_ms = c->sim->w.now_ms; /* the server had its turn and has nothing more to send */
    c->carried = c->sim->turns;
}

#endif
