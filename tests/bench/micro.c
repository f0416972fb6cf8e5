/* micro: what single steps of a fan-out cost on this thread, without a network between: `bench_micro [ROUNDS]`.
 *
 * One reactor without a thread of its own, a channel with 1,000 subscribers, each with a socketpair, and one with a single
 * subscriber. Every line is CPU time of this thread for one delivery: of a publication to one, of the hub alone, of the hub
 * and the outboxes, and of a bare send of the same bytes to the same sockets. What the readers do is not counted. */
#include "hub/hub.h"
#include "net/conn.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define RECEIVERS 1000
#define ROUNDS 200 /* of which each is one publication */
#define BUDGET (1 << 20)

struct receiver {
    struct conn conn; /* first */
    struct hub_client client;
    struct subscriber *subscriber;
    int fd;   /* the conn's; its outbox is empty between two steps */
    int peer; /* the other end */
    bool answered;
};

static struct receiver receivers[RECEIVERS];
static struct receiver lonely; /* in a channel of its own, without a socket */
static struct reactor *reactor;
static struct hub *hub;
static bool to_sockets;
static uint64_t delivered;
static struct frame *last; /* what was delivered last */

static const char data[] =
    "{\"text\":\"Could you look at the build on Monday? It was red again.\"}";

static void need(bool yes, const char *what)
{
    if (yes)
        return;
    perror(what);
    abort();
}

/* ---- what the hub and the connections call */

static void on_subscribed(struct hub_client *client, struct subscriber *s,
                          const struct subscribe_result *result)
{
    struct receiver *r =
        (struct receiver *)(void *)((char *)client - offsetof(struct receiver, client));
    r->answered = result->err == ERR_OK && s == r->subscriber;
}

static void on_deliver(struct hub_client *client, struct frame *f, bool passing)
{
    (void)passing;
    role_assert(&role_reactor);
    struct receiver *r =
        (struct receiver *)(void *)((char *)client - offsetof(struct receiver, client));
    delivered++;
    if (last != f) {
        frame_unref(last);
        last = frame_ref(f);
    }
    if (to_sockets && conn_send(&r->conn, f) != ERR_OK)
        abort();
}

static void on_ended(struct hub_client *client, struct subscriber *s, unsigned code,
                     struct text reason)
{
    (void)client, (void)s, (void)code, (void)reason;
    abort(); /* nobody falls behind here */
}

static void on_bytes(struct conn *c, unsigned char *bytes, size_t len)
{
    (void)c, (void)bytes, (void)len;
}

static void on_closed(struct conn *c, bool by_peer)
{
    (void)c, (void)by_peer;
}

static void actor_of(struct hub_client *client, struct actor *out)
{
    (void)client;
    *out = (struct actor){0};
}

static struct client_info info_of(struct hub_client *client, char id[UUID_SIZE])
{
    (void)client;
    id[0] = 0;
    return (struct client_info){.client = TEXT_NONE};
}

static const struct subscriber_events events = {on_subscribed, on_deliver, on_ended, actor_of,
                                                info_of};

/* ---- the place */

static const struct channel_namespaces namespaces = {
    .without = {.history_size = 100, .history_ttl = 60000, .force_recovery = true}};

static void receiver_open(struct receiver *r) ON(role_reactor)
{
    int pair[2];
    need(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) == 0,
         "socketpair");
    r->fd = pair[0];
    r->peer = pair[1];
    static const struct conn_owner owner = {
        .on_bytes = on_bytes, .on_closed = on_closed, .budget_bytes = BUDGET};
    need(conn_adopt(reactor, &(struct conn_socket){.fd = pair[0]}, &owner, &r->conn) == ERR_OK,
         "conn_adopt");
    r->client = (struct hub_client){.events = &events};
    need(hub_subscribe(hub, &r->client, &(struct subscribe_request){.channel = TEXT("news")},
                       &r->subscriber) == ERR_OK,
         "hub_subscribe");
}

static void turns(int count) ON(role_reactor)
{
    for (int i = 0; i < count; i++)
        reactor_turn(reactor, 0);
}

/* Reads what came to every socket. */
static void drain(void)
{
    static char buffer[1 << 16];
    for (int i = 0; i < RECEIVERS; i++)
        while (read(receivers[i].peer, buffer, sizeof buffer) > 0)
            continue;
}

static int64_t cpu_ns(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

/* ---- the steps: each publishes once and returns what it cost */

static int64_t fan_out(void) ON(role_reactor)
{
    int64_t begin = cpu_ns();
    hub_publish_to(hub, &(struct hub_publication){.channel = TEXT("news"), .data = text_of(data)},
                   NULL);
    turns(4); /* to the channel's home, back, out, sent */
    return cpu_ns() - begin;
}

static int64_t hub_only(void) ON(role_reactor)
{
    to_sockets = false;
    return fan_out();
}

static int64_t hub_and_outbox(void) ON(role_reactor)
{
    to_sockets = true;
    return fan_out();
}

/* To a channel that one follows: what a publication costs however few hear it. */
static int64_t to_one(void) ON(role_reactor)
{
    to_sockets = false;
    int64_t begin = cpu_ns();
    for (int i = 0; i < RECEIVERS; i++) {
        hub_publish_to(
            hub, &(struct hub_publication){.channel = TEXT("quiet"), .data = text_of(data)}, NULL);
        turns(2); /* to its home, and told */
    }
    return cpu_ns() - begin;
}

static int64_t bare_send(void)
{
    struct text bytes = frame_bytes(last);
    int64_t begin = cpu_ns();
    for (int i = 0; i < RECEIVERS; i++)
        need(send(receivers[i].fd, bytes.data, bytes.len, MSG_NOSIGNAL) == (ssize_t)bytes.len,
             "send");
    int64_t cost = cpu_ns() - begin;
    delivered += RECEIVERS;
    return cost;
}

static int by_size(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* The median of `rounds` rounds, for each delivery. */
static void step(const char *what, int64_t (*run)(void), unsigned rounds) ON(role_reactor)
{
    int64_t *costs = calloc(rounds, sizeof *costs);
    need(costs != NULL, "calloc");
    delivered = 0;
    for (unsigned i = 0; i < rounds; i++) {
        costs[i] = run();
        drain();
    }
    qsort(costs, rounds, sizeof *costs, by_size);
    need(delivered == (uint64_t)rounds * RECEIVERS, "not every delivery was made");
    int64_t median = costs[rounds / 2];
    (void)printf("%-28s %7.0f ns a delivery\n", what, (double)median / RECEIVERS);
    free(costs);
}

int main(int argc, char **argv)
{
    unsigned rounds = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : ROUNDS;
    struct rlimit files;
    if (rounds == 0) {
        (void)fputs("bench_micro [ROUNDS]\n", stderr);
        return 2;
    }
    need(getrlimit(RLIMIT_NOFILE, &files) == 0, "getrlimit");
    files.rlim_cur = files.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &files);
    struct reactor_options by_itself = {&env_real, 0, 4096};
    need(reactor_new(&by_itself, &reactor) == ERR_OK, "reactor_new");
    struct hub_options options = {.env = &env_real,
                                  .reactors = &reactor,
                                  .reactors_count = 1,
                                  .memory_events = 100,
                                  .memory_ttl_ms = 60000,
                                  .namespaces = &namespaces,
                                  .publication_max = BUDGET};
    need(hub_new(&options, &hub) == ERR_OK && hub_start(hub) == ERR_OK, "hub_new");
    reactor_enter(reactor);
    for (int i = 0; i < RECEIVERS; i++)
        receiver_open(&receivers[i]);
    lonely.client = (struct hub_client){.events = &events};
    need(hub_subscribe(hub, &lonely.client, &(struct subscribe_request){.channel = TEXT("quiet")},
                       &lonely.subscriber) == ERR_OK,
         "hub_subscribe");
    turns(4);
    for (int i = 0; i < RECEIVERS; i++)
        need(receivers[i].answered, "a subscription was not answered");
    step("hub, to one", to_one, rounds);
    hub_unsubscribe(lonely.subscriber);
    step("hub", hub_only, rounds);
    step("hub, outbox and one send", hub_and_outbox, rounds);
    step("one send alone", bare_send, rounds);
    frame_unref(last);
    for (int i = 0; i < RECEIVERS; i++) {
        hub_unsubscribe(receivers[i].subscriber);
        (void)close(receivers[i].peer);
    }
    reactor_leave(reactor);
    reactor_free(reactor);
    hub_free(hub);
    return 0;
}
