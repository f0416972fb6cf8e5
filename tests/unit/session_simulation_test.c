/* Guards: sessions, hub and managers hold their promises to clients behind a bad network (promises 3, S18, S23).
 *
 * Six clients of three users speak JSON by hand; bytes are late and split anywhere, lines are cut inside frames, a client
 * does not read or does not answer pings, tokens end, users are closed and evicted, the server starts again with its disk.
 * - every event of a channel reaches each subscriber exactly once and in order, over all its connections; at the end
 *   each client's list of room:1 is the server's;
 * - every command has exactly one answer, unless its line was lost;
 * - after a close nothing comes, and its code has a reason;
 * - at the end nothing is left: no client, manager, subscription, descriptor (frames: asan);
 * - the same seed gives the same trace. */
#include "session_simulation.h"

#include <dirent.h>
#include <stdarg.h>

/* ---- what a client does */

static bool is_full(const struct sim_client *c)
{
    return c->pending[(c->last_id + 1) % PENDING] || c->line.up_len > 8192;
}

__attribute__((format(printf, 3, 4))) static void command(struct sim_client *c, const char *name,
                                                          const char *format, ...)
{
    char body[256], text[300];
    uint32_t id = c->last_id + 1;
    va_list list;
    if (is_full(c))
        return;
    va_start(list, format);
    (void)vsnprintf(body, sizeof body, format, list);
    va_end(list);
    (void)snprintf(text, sizeof text, "{\"id\":%u,%s}", id, body);
    c->last_id = id;
    c->pending[id % PENDING] = name;
    say(c, text);
}

static void connect_line(struct sim_client *c, enum welcome_kind kind) ON(role_reactor)
{
    struct session_world *w = &c->sim->w;
    static const char *const bad[] = {"expired", "never", "wrong"};
    struct client_identity who;
    bool cookie = kind == BY_COOKIE;
    struct session_socket socket = {.fd = line_open(&c->line), .pending = cookie ? NULL : w};
    world_identity(c->user, &who);
    socket.identity = cookie ? &who : NULL;
    CHECK_INT(sessions_adopt(w->sessions, &socket), ERR_OK);
    c->kind = kind;
    c->opened_ms = c->calm_ms = w->now_ms;
    c->ends_ms = w->now_ms + SHORT_MS;
    if (kind == BY_COOKIE)
        command(c, "connect", "\"connect\":{}");
    else if (kind == BY_TOKEN || kind == BY_SHORT_TOKEN)
        command(c, "connect", "\"connect\":{\"token\":\"%s-%u\"}",
                kind == BY_TOKEN ? "user" : "short", c->user);
    else if (kind == BY_BAD_TOKEN)
        command(c, "connect", "\"connect\":{\"token\":\"%s\"}",
                bad[chance_below(&c->sim->chance, 3)]);
}

/* From the first event on: the first time too. */
static void subscribe(struct sim_client *c, enum channel ch)
{
    struct seat *seat = &c->seats[ch];
    if (seat->place != GONE || is_full(c))
        return;
    seat->place = ASKED;
    seat->known = seat->known || ch == ROOM;
    command(c, ch == ROOM ? "subscribe room" : "subscribe news",
            "\"subscribe\":{\"channel\":\"%s\",\"recover\":%s,\"offset\":%llu,\"epoch\":\"%s\"}",
            channel_name(c, ch), seat->known ? "true" : "false", (unsigned long long)seat->position,
            seat->epoch);
}

static void unsubscribe(struct sim_client *c, enum channel ch)
{
    struct seat *seat = &c->seats[ch];
    if (seat->place != THERE || is_full(c))
        return;
    seat->place = LEAVING;
    command(c, ch == ROOM ? "unsubscribe room" : "unsubscribe news",
            "\"unsubscribe\":{\"channel\":\"%s\"}", channel_name(c, ch));
}

static void refresh(struct sim_client *c)
{
    if (c->refreshing || is_full(c))
        return;
    c->refreshing = true;
    c->asked_ms = c->sim->w.now_ms;
    command(c, "refresh", "\"refresh\":{\"token\":\"short-%u\"}", c->user);
}

static void do_something(struct sim_client *c)
{
    struct simulation *s = c->sim;
    enum channel ch = chance_percent(&s->chance, 50) ? ROOM : NEWS;
    const char *name = channel_name(c, ch);
    switch (chance_below(&s->chance, 12)) {
    case 0:
    case 1:
    case 2:
        subscribe(c, ch);
        break;
    case 3:
        unsubscribe(c, ch);
        break;
    case 4:
        command(c, "publish", "\"publish\":{\"channel\":\"news:a\",\"data\":{\"n\":%llu}}",
                (unsigned long long)++s->said);
        break;
    case 5:
        command(c, "history", "\"history\":{\"channel\":\"%s\",\"limit\":5}", name);
        break;
    case 6:
        command(c, "presence", "\"presence\":{\"channel\":\"%s\"}", name);
        break;
    case 7:
        command(c, "presence_stats", "\"presence_stats\":{\"channel\":\"%s\"}", name);
        break;
    case 8:
        command(c, "rpc", "\"rpc\":{\"method\":\"test.echo\",\"data\":{\"text\":\"hi\"}}");
        break;
    case 9:
        command(c, "rpc", "\"rpc\":{\"method\":\"test.late\",\"data\":{}}");
        break;
    case 10:
        command(c, "rpc", "\"rpc\":{\"method\":\"room.send\",\"data\":{}}");
        break;
    default:
        if (c->kind == BY_SHORT_TOKEN)
            refresh(c);
        else
            command(c, "ping", "\"ping\":{}");
    }
}

static void client_step(struct sim_client *c) ON(role_reactor)
{
    static const enum welcome_kind kinds[] = {BY_COOKIE, BY_COOKIE,      BY_COOKIE,
                                              BY_TOKEN,  BY_SHORT_TOKEN, BY_SHORT_TOKEN};
    struct chance *chance = &c->sim->chance;
    unsigned kind = chance_below(chance, 1000);
    if (c->line.fd < 0) {
        if (kind < 200)
            connect_line(c, kind < 5    ? SILENT
                            : kind < 15 ? BY_BAD_TOKEN
                                        : kinds[chance_below(chance, 6)]);
        return;
    }
    if (kind < 6 || (c->closed && kind < 200))
        lose(c);
    else if (kind < 8)
        line_say(&c->line, chance, WS_CLOSE, TEXT("\x03\xe8"));
    else if (kind < 10)
        c->slow = true;
    else if (kind < 12)
        c->deaf = true;
    else if (c->connected && !c->closed && kind < 300)
        do_something(c);
    if (c->line.fd >= 0 && !c->slow && chance_percent(chance, 60))
        carry(c, 1 + chance_below(chance, chance_percent(chance, 30) ? 20 : 16384));
    else if (c->line.fd >= 0 && c->slow && kind < 15)
        carry(c, 65536); /* it reads, now and then */
}

/* ---- the world's steps */

/* 4 KiB to the user's connections: who does not read has too much soon. */
static void send_much(struct simulation *s, unsigned user)
{
    static char json[4096];
    char id[8];
    (void)snprintf(json, sizeof json, "{\"much\":\"%0*d\"}", (int)sizeof json - 14, 0);
    (void)snprintf(id, sizeof id, "%u", user);
    struct ws_manager *m = ws_manager_find(s->w.registry, text_of(id));
    if (m)
        (void)ws_manager_send(m, text_of(json), NULL);
    ws_manager_unref(m);
}

static void close_user(struct simulation *s, unsigned user)
{
    sessions_close(s->w.sessions, user, 0, CLOSE_force_disconnect);
    for (unsigned i = 0; i < CLIENTS; i++)
        if (s->clients[i].user == user && s->clients[i].line.fd >= 0)
            s->clients[i].forced = true;
}

static void evict(struct simulation *s, unsigned user)
{
    hub_unsubscribe_user(s->w.hub, TEXT("room:1"), user, 2000, TEXT("the right is gone"));
    for (unsigned i = 0; i < CLIENTS; i++)
        if (s->clients[i].user == user && s->clients[i].line.fd >= 0)
            s->clients[i].evicted = true;
}

/* The power fails: lines and memory are gone, the disk is not. */
static void restart(struct simulation *s) ON(role_reactor)
{
    for (unsigned i = 0; i < CLIENTS; i++)
        lose(&s->clients[i]);
    server_close(s);
    memset(s->news, 0, sizeof s->news);
    server_open(s);
    s->restarts++;
}

/* Most often a moment; at times so long that pings, tokens and managers come to their end. */
static void pass_time(struct simulation *s)
{
    unsigned kind = chance_below(&s->chance, 1000);
    if (kind < 2)
        s->w.now_ms += SHORT_MS + 1000;
    else
        s->w.now_ms += chance_below(&s->chance, kind < 6 ? 120000 : kind < 20 ? 12000 : 100);
}

static void world_step(struct simulation *s) ON(role_reactor)
{
    unsigned kind = chance_below(&s->chance, 1000), user = 1 + chance_below(&s->chance, USERS);
    if (kind < 120)
        room_publish(s);
    else if (kind < 150 && s->late_count > 0)
        answer_late(s, chance_below(&s->chance, s->late_count));
    else if (kind < 152)
        close_user(s, user);
    else if (kind < 155)
        evict(s, user);
    else if (kind == 155 && chance_percent(&s->chance, 50))
        restart(s);
    for (unsigned i = 0; i < CLIENTS; i++)
        if (s->clients[i].slow && chance_percent(&s->chance, 30))
            send_much(s, s->clients[i].user);
    for (unsigned i = 0; i < CLIENTS && !s->broken; i++)
        client_step(&s->clients[i]);
    if (chance_percent(&s->chance, 70)) {
        reactor_turn(s->w.reactor, 0);
        s->turns++;
    }
    pass_time(s);
}

/* ---- the end */

static bool is_settled(const struct sim_client *c)
{
    for (unsigned i = 0; i < PENDING; i++)
        if (c->pending[i])
            return false;
    return c->connected && !c->closed && c->seats[ROOM].place == THERE &&
           c->seats[NEWS].place == THERE && c->seats[ROOM].position == c->sim->top;
}

/* Everybody is honest now: reads, answers, comes back. */
static void settle(struct sim_client *c) ON(role_reactor)
{
    if (c->line.fd >= 0 && (c->closed || c->deaf || c->kind == SILENT || c->kind == BY_BAD_TOKEN))
        lose(c);
    if (c->line.fd < 0)
        connect_line(c, BY_COOKIE);
    carry(c, sizeof c->line.up);
    if (!c->connected)
        return;
    subscribe(c, ROOM);
    subscribe(c, NEWS);
}

static void everybody_has_everything(struct simulation *s) ON(role_reactor)
{
    unsigned settled = 0;
    for (unsigned round = 0; round < 500 && settled < CLIENTS && !s->broken; round++) {
        while (s->late_count > 0)
            answer_late(s, 0);
        settled = 0;
        for (unsigned i = 0; i < CLIENTS && !s->broken; i++) {
            settle(&s->clients[i]);
            settled += is_settled(&s->clients[i]);
        }
        session_world_turn(&s->w);
        s->w.now_ms += 20;
    }
    promise(s, settled == CLIENTS, "somebody does not get what is there", NULL);
    for (unsigned i = 0; i < CLIENTS; i++)
        promise(s, memcmp(s->clients[i].list, s->disk, sizeof s->disk) == 0,
                "another list of room:1 than the server's", &s->clients[i]);
}

static void everybody_leaves(struct simulation *s) ON(role_reactor)
{
    for (unsigned i = 0; i < CLIENTS; i++)
        lose(&s->clients[i]);
    session_world_turn(&s->w);
    s->w.now_ms += 6000; /* nothing lingers longer */
    session_world_turn(&s->w);
    s->w.now_ms += 60001;
    session_world_turn(&s->w);
    (void)ws_registry_sweep(s->w.registry);
    struct ws_registry_status status = ws_registry_status(s->w.registry);
    promise(s, status.connections == 0, "a connection is left", NULL);
    promise(s, status.count == 0 && status.created == status.freed, "a manager is left", NULL);
}

struct counts {
    int64_t connections, subscriptions, managers, doubled, lost, descriptors;
};

static struct counts count(void)
{
    struct counts c = {metric_get(METRIC_connections),   metric_get(METRIC_subscriptions),
                       metric_get(METRIC_managers),      metric_get(METRIC_messages_doubled),
                       metric_get(METRIC_messages_lost), 0};
    DIR *d = opendir("/proc/self/fd");
    while (d && readdir(d)) /* NOLINT(concurrency-mt-unsafe): nobody else has d */
        c.descriptors++;
    if (d)
        (void)closedir(d);
    return c;
}

static void tell(const struct simulation *s)
{
    (void)printf("\n    trace %016llx, %llu events, %u answers, %u recovered, %u restarts, closes:",
                 (unsigned long long)s->trace, (unsigned long long)s->top, s->answers, s->recovered,
                 s->restarts);
    for (unsigned code = 0; code < 5000; code++)
        if (s->closes[code] > 0)
            (void)printf(" %u: %u", code, s->closes[code]);
}

/* Returns the hash of all that was heard. */
static uint64_t simulate(uint64_t seed, uint64_t steps)
{
    struct simulation *s = calloc(1, sizeof *s);
    must(s);
    s->seed = s->chance.state = seed;
    s->w.now_ms = 1000000;
    for (unsigned i = 0; i < CLIENTS; i++) {
        s->clients[i].sim = s;
        s->clients[i].index = i;
        s->clients[i].user = 1 + i % USERS;
        s->clients[i].line.fd = -1;
    }
    struct counts before = count();
    server_open(s);
    for (; s->step < steps && !s->broken; s->step++)
        world_step(s);
    if (!s->broken)
        everybody_has_everything(s);
    everybody_leaves(s);
    server_close(s);
    struct counts after = count();
    promise(s, memcmp(&before, &after, sizeof before) == 0, "a counter is not back", NULL);
    CU_ASSERT_TRUE(s->broken || steps < 3000 || (s->answers > 500 && s->recovered > 50));
    if (simulation_number("SNUG_TEST_SEED"))
        tell(s);
    uint64_t trace = s->trace;
    free(s);
    return trace;
}

static void run(uint64_t seed, uint64_t steps)
{
    CU_ASSERT_EQUAL(simulate(seed, steps), simulate(seed, steps));
}

static void every_client_has_the_servers_list_whatever_the_network_does(void)
{
    log_set_level(LOG_ERROR); /* thousands come and go */
    simulation_run(3, 3000, run);
}

UNIT("session/simulation", CASE(every_client_has_the_servers_list_whatever_the_network_does))
