/* What is sent to a user and to everybody, and what the sender is told: S26, S27. With a hub and sockets:
 * session_manager_test.c. */
#include "manager/ws_connection.h"

#include "fault.h"
#include "hub/notice.h"
#include "unit.h"
#include "ws_world.h"

#include <stdlib.h>

/* A reactor in a test's hands: it counts what it is handed, and may have no room. */
struct place {
    unsigned calls, notices;
    struct notice *last; /* not held: to compare */
    bool full;
    uint64_t sum; /* of the numbers */
};

static bool place_deliver(void *ctx, const uint64_t *numbers, size_t count, struct notice *n)
{
    struct place *p = ctx;
    p->calls++;
    if (p->full)
        return false;
    p->last = n;
    for (size_t i = 0; i < count; i++)
        p->sum += numbers[i];
    p->notices += (unsigned)count;
    return true;
}

static void place_close(void *ctx, uint64_t number, unsigned code, struct text reason)
{
    (void)ctx;
    (void)number;
    (void)code;
    (void)reason;
}

static struct ws_connection *connect_at(struct ws_manager *m, struct place *p, uint64_t number)
{
    struct ws_connection *c = NULL;
    static const struct ws_connection_ways ways = {place_deliver, place_close};
    struct ws_connection_handle handle = {p, number, &ways};
    char id[24];
    (void)snprintf(id, sizeof id, "c%llu", (unsigned long long)number);
    CHECK_INT(ws_connection_add(m, id, &handle, 1000, &c), ERR_OK);
    return c;
}

static void note_sent(void *ctx, const struct ws_sent *sent)
{
    *(struct ws_sent *)ctx = *sent;
}

/* S26: nobody there and nothing that keeps it: refused. To two connections: delivered 2. A reactor without room is not
 * counted; with none of them reached it is refused. The receipt says the same, once. */
static void s26_a_send_tells_what_became_of_it(void)
{
    struct ws_registry *r = registry_new(&(struct ws_registry_options){.env = &env_real});
    struct ws_manager *m = manager_of(r, "1");
    struct ws_sent told = {.connections = 99};
    struct ws_receipt receipt = {&told, note_sent};

    struct ws_sent sent = ws_manager_send(m, TEXT("{}"), &receipt);
    CHECK_INT(sent.outcome, WS_REFUSED);
    CHECK_INT(sent.err, ERR_UNAVAILABLE);
    CHECK_INT(told.outcome, WS_REFUSED);
    CHECK_INT(told.connections, 0);

    struct place here = {0}, there = {0};
    struct ws_connection *a = connect_at(m, &here, 1), *b = connect_at(m, &there, 2);
    sent = ws_manager_send(m, TEXT("{}"), &receipt);
    CHECK_INT(sent.outcome, WS_DELIVERED);
    CHECK_INT(sent.err, ERR_OK);
    CHECK_INT(sent.connections, 2);
    CHECK_INT(sent.offset, 0); /* without a hub nothing is numbered */
    CHECK_INT(told.connections, 2);

    there.full = true;
    CHECK_INT(ws_manager_send(m, TEXT("{}"), NULL).connections, 1);
    here.full = true;
    sent = ws_manager_send(m, TEXT("{}"), NULL);
    CHECK_INT(sent.outcome, WS_REFUSED);

    fault_at(1);
    sent = ws_manager_send(m, TEXT("{}"), &receipt);
    CU_ASSERT_TRUE(fault_end());
    CHECK_INT(sent.err, ERR_NOMEM);
    CHECK_INT(told.err, ERR_NOMEM);
    ws_connection_remove(a);
    ws_connection_remove(b);
    ws_manager_unref(m);
    ws_registry_free(r);
}

enum { USERS = 1000, PLACES = 4 };

struct crowd_of_users {
    struct ws_registry *registry;
    struct place places[PLACES];
    struct ws_connection *connections[USERS];
};

/* User i has the one connection i, at place i % PLACES; another 100 users have none. */
static void crowd_begin(struct crowd_of_users *w)
{
    *w = (struct crowd_of_users){.registry =
                                     registry_new(&(struct ws_registry_options){.env = &env_real})};
    for (unsigned i = 0; i < USERS + 100; i++) {
        char user[16];
        (void)snprintf(user, sizeof user, "user %u", i);
        struct ws_manager *m = manager_of(w->registry, user);
        if (i < USERS)
            w->connections[i] = connect_at(m, &w->places[i % PLACES], i);
        ws_manager_unref(m);
    }
}

static void crowd_end(struct crowd_of_users *w)
{
    for (unsigned i = 0; i < USERS; i++)
        ws_connection_remove(w->connections[i]);
    ws_registry_free(w->registry);
}

/* S27: 1,000 users, 3 left out: 997 hear it, as one notice, of which each reactor is told once. Leaving somebody out twice,
 * or who is not connected, or nobody knows, changes nothing more. */
static void s27_a_broadcast_reaches_all_but_those_left_out(void)
{
    struct crowd_of_users w;
    crowd_begin(&w);
    const struct text three[] = {TEXT("user 0"), TEXT("user 999"), TEXT("user 500")};
    struct ws_reached reached = {0};
    CHECK_INT(ws_registry_broadcast(w.registry, TEXT("{\"n\":1}"), three, 3, &reached), ERR_OK);
    CHECK_INT(reached.users, 997);
    CHECK_INT(reached.connections, 997);
    uint64_t sum = 0;
    for (unsigned i = 0; i < PLACES; i++) {
        CHECK_INT(w.places[i].calls, 1);
        CU_ASSERT_PTR_EQUAL(w.places[i].last, w.places[0].last);
        sum += w.places[i].sum;
    }
    CHECK_INT(sum, 999 * 1000 / 2 - (0 + 999 + 500)); /* everybody once, but for the three */

    const struct text others[] = {TEXT("user 1"), TEXT("user 1"), TEXT("user 1050"),
                                  TEXT("nobody")};
    CHECK_INT(ws_registry_broadcast(w.registry, TEXT("{}"), others, 4, &reached), ERR_OK);
    CHECK_INT(reached.users, 999);
    w.places[2].full = true; /* no room in one of four */
    CHECK_INT(ws_registry_broadcast(w.registry, TEXT("{}"), NULL, 0, &reached), ERR_OK);
    CHECK_INT(reached.users, 1000);
    CHECK_INT(reached.connections, 750);
    crowd_end(&w);
}

/* S27: at the limit of those left out, and one over it; without memory nobody is told. */
static void s27_a_broadcast_that_cannot_be_tells_nobody(void)
{
    struct crowd_of_users w;
    crowd_begin(&w);
    struct text many[WS_EXCEPT_MAX + 1];
    for (size_t i = 0; i <= WS_EXCEPT_MAX; i++)
        many[i] = TEXT("user 7");
    struct ws_reached reached = {7, 7};
    CHECK_INT(ws_registry_broadcast(w.registry, TEXT("{}"), many, WS_EXCEPT_MAX + 1, &reached),
              ERR_LIMIT);
    CHECK_INT(reached.users, 7);
    CHECK_INT(ws_registry_broadcast(w.registry, TEXT("{}"), many, WS_EXCEPT_MAX, &reached), ERR_OK);
    CHECK_INT(reached.users, 999);
    unsigned calls = w.places[0].calls, failed = 0;
    for (unsigned n = 1;; n++) {
        fault_at(n);
        enum err e = ws_registry_broadcast(w.registry, TEXT("{}"), many, 1, &reached);
        if (!fault_end()) {
            CHECK_INT(e, ERR_OK);
            break;
        }
        CHECK_INT(e, ERR_NOMEM);
        CHECK_INT(w.places[0].calls, calls);
        failed++;
    }
    CU_ASSERT_TRUE(failed >= 4);
    crowd_end(&w);
}

/* ---- S7, S27: broadcasts while users come and go */

enum { COMERS = 4, ROUNDS = SANITIZED ? 200 : 2000 };

struct coming_and_going {
    struct ws_registry *registry;
    atomic_uint heard, done;
};

static bool hear(void *ctx, const uint64_t *numbers, size_t count, struct notice *n)
{
    struct coming_and_going *w = ctx;
    (void)numbers;
    atomic_fetch_add(&w->heard, (unsigned)count);
    return text_is(notice_json(n), TEXT("{\"all\":1}"));
}

static void come_and_go(void *ctx, unsigned number)
{
    struct coming_and_going *w = ctx;
    unsigned heard = 0;
    for (unsigned i = 0; number > 0 && i < ROUNDS; i++) {
        char user[24];
        (void)snprintf(user, sizeof user, "%u of %u", i % 50, number);
        struct ws_manager *m = manager_of(w->registry, user);
        static const struct ws_connection_ways ways = {hear, place_close};
        struct ws_connection_handle handle = {w, i, &ways};
        struct ws_connection *c = NULL;
        CHECK_INT(ws_connection_add(m, "c", &handle, 1000, &c), ERR_OK);
        ws_manager_unref(m);
        (void)ws_registry_sweep(w->registry);
        ws_connection_remove(c);
    }
    atomic_fetch_add(&w->done, number > 0);
    while (number == 0 && atomic_load(&w->done) < COMERS) {
        struct ws_reached reached;
        CHECK_INT(ws_registry_broadcast(w->registry, TEXT("{\"all\":1}"), NULL, 0, &reached),
                  ERR_OK);
        CHECK_INT(reached.connections, reached.users); /* each has one */
        heard += (unsigned)reached.connections;
    }
    if (number == 0)
        CHECK_INT(atomic_load(&w->heard), heard);
}

static void s27_broadcasts_meet_users_who_come_and_go(void)
{
    struct coming_and_going w = {
        .registry = registry_new(&(struct ws_registry_options){.env = &env_real, .idle_ms = 0})};
    crowd_run(COMERS + 1, come_and_go, &w);
    CHECK_INT(ws_registry_status(w.registry).connections, 0);
    ws_registry_free(w.registry);
}

UNIT("manager/send", CASE(s26_a_send_tells_what_became_of_it),
     CASE(s27_a_broadcast_reaches_all_but_those_left_out),
     CASE(s27_a_broadcast_that_cannot_be_tells_nobody),
     CASE(s27_broadcasts_meet_users_who_come_and_go))
