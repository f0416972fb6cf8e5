/* Bounds of the registry: how many managers there may be (S49), and that those who are gone leave nothing (S50). */
#include "manager/ws_connection.h"

#include "hub/notice.h"
#include "unit.h"
#include "ws_world.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

static struct ws_connection *connect_one(struct ws_manager *m)
{
    struct ws_connection *c = NULL;
    static const struct ws_connection_ways ways = {take_delivery, take_close};
    struct ws_connection_handle handle = {NULL, 0, &ways};
    CHECK_INT(ws_connection_add(m, "c", &handle, 1000, &c), ERR_OK);
    return c;
}

/* S49: with managers_max users there, the next is refused, who is there is found and served as before; one who has gone
 * makes room at once, before the idle time. */
static void s49_the_user_over_the_limit_is_refused(void)
{
    enum { MOST = 100 };
    struct fake_clock clock;
    fake_clock_init(&clock);
    struct ws_registry *r = registry_new(
        &(struct ws_registry_options){.env = &clock.env, .managers_max = MOST, .idle_ms = 60000});
    struct ws_connection *connections[MOST];
    for (unsigned i = 0; i < MOST; i++) {
        char user[16];
        (void)snprintf(user, sizeof user, "%u", i);
        struct ws_manager *m = manager_of(r, user);
        connections[i] = connect_one(m);
        ws_manager_unref(m);
    }
    struct ws_manager *m = NULL;
    CHECK_INT(ws_manager_get(r, TEXT("late"), WS_MODE_UNIFIED, &m), ERR_FULL);
    CU_ASSERT_PTR_NULL(m);
    struct ws_manager_future *f = NULL;
    CHECK_INT(ws_manager_get_async(r, TEXT("late"), WS_MODE_UNIFIED, NULL, &f), ERR_FULL);
    CHECK_INT(ws_registry_status(r).count, MOST);
    CHECK_INT(ws_registry_status(r).created, MOST);
    m = manager_of(r, "42"); /* who is there is not harmed */
    CHECK_INT(ws_manager_send(m, TEXT("{}"), NULL).connections, 1);
    ws_manager_unref(m);

    connections[7] = ws_connection_remove(connections[7]); /* idle from now on */
    CHECK_INT(ws_manager_get(r, TEXT("late"), WS_MODE_UNIFIED, &m), ERR_OK);
    CHECK_INT(ws_registry_status(r).count, MOST);
    CU_ASSERT_PTR_NULL(ws_manager_find(r, TEXT("7")));
    struct ws_manager *other = NULL;
    CHECK_INT(ws_manager_get(r, TEXT("later"), WS_MODE_UNIFIED, &other), ERR_FULL);
    ws_manager_unref(m);
    for (unsigned i = 0; i < MOST; i++)
        ws_connection_remove(connections[i]);
    ws_registry_free(r);
}

/* ---- S7, S49: the limit holds whoever comes at the same time */

enum { ROUNDS = SANITIZED ? 500 : 5000, THREADS = 8, LIMIT = 5 };

static void come_in(void *ctx, unsigned number)
{
    struct ws_registry *r = ctx;
    unsigned refused = 0;
    for (unsigned i = 0; i < ROUNDS; i++) {
        char user[24];
        (void)snprintf(user, sizeof user, "%u", (number * 7 + i) % 30);
        struct ws_manager *m = NULL;
        enum err e = ws_manager_get(r, text_of(user), WS_MODE_UNIFIED, &m);
        refused += e == ERR_FULL;
        CU_ASSERT_TRUE(e == ERR_OK || e == ERR_FULL);
        ws_manager_unref(m);
    }
    CU_ASSERT_TRUE(refused < ROUNDS); /* some did get in */
}

static void s49_the_limit_holds_for_threads(void)
{
    struct ws_registry *r = registry_new(
        &(struct ws_registry_options){.env = &env_real, .managers_max = LIMIT, .idle_ms = 60000});
    crowd_run(THREADS, come_in, r);
    struct ws_registry_status status = ws_registry_status(r);
    CU_ASSERT_TRUE(status.count <= LIMIT && status.count > 0);
    CHECK_INT(status.created - status.freed, status.count);
    ws_registry_free(r);
}

/* ---- S50 */

static size_t resident_bytes(void)
{
    char line[64] = "";
    int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    must(fd >= 0 && read(fd, line, sizeof line - 1) > 0);
    (void)close(fd);
    const char *second = strchr(line, ' ');
    must(second);
    return (size_t)strtoul(second, NULL, 10) * (size_t)sysconf(_SC_PAGESIZE);
}

enum { PEOPLE = SANITIZED ? 5000 : 100000 };

static void come_and_go(struct ws_registry *r, struct ws_connection **connections)
{
    for (unsigned i = 0; i < PEOPLE; i++) {
        char user[24];
        (void)snprintf(user, sizeof user, "person %u", i);
        struct ws_manager *m = manager_of(r, user);
        connections[i] = connect_one(m);
        ws_manager_unref(m);
    }
    CHECK_INT(ws_registry_status(r).users_connected, PEOPLE);
    for (unsigned i = 0; i < PEOPLE; i++)
        connections[i] = ws_connection_remove(connections[i]);
}

/* 100,000 users come, are all there at once, and go: after the idle time no manager is left, and the memory is what it was,
 * within a tenth; twice. */
static void s50_a_hundred_thousand_users_leave_nothing(void)
{
    struct fake_clock clock;
    fake_clock_init(&clock);
    struct ws_registry *r =
        registry_new(&(struct ws_registry_options){.env = &clock.env, .idle_ms = 60000});
    struct ws_connection **connections = calloc(PEOPLE, sizeof *connections);
    must(connections);
    memset(connections, 1, PEOPLE * sizeof *connections); /* its pages are there before */
    size_t before = resident_bytes(), most = 0;
    for (unsigned round = 0; round < 2; round++) {
        come_and_go(r, connections);
        most = resident_bytes();
        fake_clock_move(&clock, 59999);
        CHECK_INT(ws_registry_sweep(r), 0);
        fake_clock_move(&clock, 1);
        int64_t longest_us = 0;
        for (size_t freed = 1; freed > 0;) {
            int64_t began_ns = env_nanoseconds();
            freed = ws_registry_sweep(r);
            int64_t us = (env_nanoseconds() - began_ns) / 1000;
            longest_us = us > longest_us ? us : longest_us;
        }
        (void)printf("\n    the longest sweep: %lld us", (long long)longest_us);
        struct ws_registry_status status = ws_registry_status(r);
        CHECK_INT(status.count, 0);
        CHECK_INT(status.created, (round + 1) * PEOPLE);
        CHECK_INT(status.freed, (round + 1) * PEOPLE);
        CHECK_INT(status.oldest_ms, 0);
    }
    size_t after = resident_bytes();
    (void)printf("\n    resident: %zu KiB before, %zu KiB with %d managers, %zu KiB after\n",
                 before / 1024, most / 1024, PEOPLE, after / 1024);
    if (!SANITIZED)
        CU_ASSERT_TRUE(after <= before + before / 10);
    free(connections);
    ws_registry_free(r);
}

UNIT("manager/limits", CASE(s49_the_user_over_the_limit_is_refused),
     CASE(s49_the_limit_holds_for_threads), CASE(s50_a_hundred_thousand_users_leave_nothing))
