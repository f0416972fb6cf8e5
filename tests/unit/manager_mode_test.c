/* S8: what each mode lets a manager do, alone and under a server's level; the truth about it is told. */
#include "manager/ws_connection.h"

#include "hub/notice.h"
#include "unit.h"
#include "ws_world.h"

enum { MODES = WS_MODE_EMERGENCY + 1 };

/* What each mode has, as ws_manager.h says. */
static const struct {
    const char *name;
    bool takes_connections, stores, hears_broadcasts;
} table[MODES] = {
    [WS_MODE_UNIFIED] = {"unified", true, true, true},
    [WS_MODE_ISOLATED] = {"isolated", true, true, false},
    [WS_MODE_DEGRADED] = {"degraded", true, false, true},
    [WS_MODE_EMERGENCY] = {"emergency", false, true, true},
};

struct world {
    struct fake_clock clock;
    enum ws_mode level;
    struct ws_registry *registry;
};

static enum ws_mode widest = WS_MODE_UNIFIED; /* of the next registry */

static enum ws_mode level_of(void *ctx)
{
    return ((struct world *)ctx)->level;
}

static void world_begin(struct world *w)
{
    fake_clock_init(&w->clock);
    w->level = WS_MODE_UNIFIED;
    w->registry = registry_new(&(struct ws_registry_options){
        .env = &w->clock.env, .mode = widest, .level = level_of, .level_ctx = w});
}

static bool count_delivery(void *ctx, const uint64_t *numbers, size_t count, struct notice *n)
{
    (void)numbers;
    (void)n;
    *(unsigned *)ctx += (unsigned)count;
    return true;
}

static void ignore_close(void *ctx, uint64_t number, unsigned code, struct text reason)
{
    (void)ctx;
    (void)number;
    (void)code;
    (void)reason;
}

static enum err connect_one(struct ws_manager *m, const char *id, unsigned *heard,
                            struct ws_connection **out)
{
    static const struct ws_connection_ways ways = {count_delivery, ignore_close};
    struct ws_connection_handle handle = {heard, 0, &ways};
    return ws_connection_add(m, id, &handle, 1000, out);
}

static struct ws_manager *made_as(struct world *w, const char *user, enum ws_mode mode)
{
    struct ws_manager *m = NULL;
    CHECK_INT(ws_manager_get(w->registry, text_of(user), mode, &m), ERR_OK);
    return m;
}

static void check_powers(const struct ws_manager *m, enum ws_mode made, enum ws_mode level)
{
    CHECK_INT(ws_manager_mode(m), level > made ? level : made);
    CHECK_INT(ws_manager_may(m, WS_TAKES_CONNECTIONS),
              table[made].takes_connections && table[level].takes_connections);
    CHECK_INT(ws_manager_may(m, WS_STORES), table[made].stores && table[level].stores);
    CHECK_INT(ws_manager_may(m, WS_HEARS_BROADCASTS),
              table[made].hears_broadcasts && table[level].hears_broadcasts);
}

/* Each mode alone, and under each level: the level takes powers away and gives none. */
static void s8_a_level_only_narrows_a_mode(void)
{
    struct world w;
    world_begin(&w);
    for (int made = 0; made < MODES; made++) {
        struct ws_manager *m = made_as(&w, table[made].name, (enum ws_mode)made);
        for (int level = 0; level < MODES; level++) {
            w.level = (enum ws_mode)level;
            check_powers(m, (enum ws_mode)made, w.level);
        }
        w.level = WS_MODE_UNIFIED; /* and back, as it was */
        check_powers(m, (enum ws_mode)made, WS_MODE_UNIFIED);
        ws_manager_unref(m);
    }
    ws_registry_free(w.registry);
}

/* What the powers come to: who takes a connection, who hears a broadcast; what is there goes on. */
static void s8_each_mode_does_what_it_says(void)
{
    struct world w;
    world_begin(&w);
    for (int made = 0; made < MODES; made++) {
        struct ws_manager *m = made_as(&w, table[made].name, (enum ws_mode)made);
        struct ws_connection *c = NULL, *late = NULL;
        unsigned heard = 0;
        bool takes = table[made].takes_connections;
        CHECK_INT(connect_one(m, "a", &heard, &c), takes ? ERR_OK : ERR_UNAVAILABLE);
        CHECK_INT(ws_manager_connections(m), takes);

        struct ws_reached reached;
        CHECK_INT(ws_registry_broadcast(w.registry, TEXT("{}"), NULL, 0, &reached), ERR_OK);
        CHECK_INT(reached.connections, takes && table[made].hears_broadcasts);
        CHECK_INT(heard, reached.connections);

        w.level = WS_MODE_EMERGENCY; /* refuses the new one, keeps the old */
        CHECK_INT(connect_one(m, "b", &heard, &late), takes ? ERR_NOT_NOW : ERR_UNAVAILABLE);
        CU_ASSERT_PTR_NULL(late);
        CHECK_INT(ws_manager_send(m, TEXT("{}"), NULL).outcome, takes ? WS_DELIVERED : WS_REFUSED);
        w.level = WS_MODE_UNIFIED;
        ws_connection_remove(c);
        ws_manager_unref(m);
    }
    ws_registry_free(w.registry);
}

/* The registry's mode takes away as a level does, but for good. */
static void s8_no_manager_is_wider_than_its_registry(void)
{
    for (int most = 0; most < MODES; most++) {
        struct world w;
        widest = (enum ws_mode)most;
        world_begin(&w);
        widest = WS_MODE_UNIFIED;
        for (int made = 0; made < MODES; made++) {
            struct ws_manager *m = made_as(&w, table[made].name, (enum ws_mode)made);
            struct ws_connection *c = NULL;
            unsigned heard = 0;
            check_powers(m, (enum ws_mode)made, (enum ws_mode)most);
            bool takes = table[made].takes_connections && table[most].takes_connections;
            CHECK_INT(connect_one(m, "a", &heard, &c), takes ? ERR_OK : ERR_UNAVAILABLE);
            ws_connection_remove(c);
            ws_manager_unref(m);
        }
        ws_registry_free(w.registry);
    }
}

/* A level that is an ISOLATED one keeps broadcasts from everybody, whatever their own mode. */
static void s8_the_level_isolates_everybody(void)
{
    struct world w;
    world_begin(&w);
    struct ws_manager *m = made_as(&w, "1", WS_MODE_UNIFIED);
    struct ws_connection *c = NULL;
    unsigned heard = 0;
    struct ws_reached reached;
    CHECK_INT(connect_one(m, "a", &heard, &c), ERR_OK);
    w.level = WS_MODE_ISOLATED;
    CHECK_INT(ws_registry_broadcast(w.registry, TEXT("{}"), NULL, 0, &reached), ERR_OK);
    CHECK_INT(reached.users, 0);
    CHECK_INT(heard, 0);
    ws_connection_remove(c);
    ws_manager_unref(m);
    ws_registry_free(w.registry);
}

/* The mode is that of the creation; a later get with another one changes nothing. */
static void s8_the_mode_stays_as_it_was_created(void)
{
    struct world w;
    world_begin(&w);
    struct ws_manager *m = made_as(&w, "1", WS_MODE_ISOLATED);
    struct ws_manager *again = made_as(&w, "1", WS_MODE_EMERGENCY);
    CU_ASSERT_PTR_EQUAL(m, again);
    CHECK_INT(ws_manager_mode(m), WS_MODE_ISOLATED);
    ws_manager_unref(m);
    ws_manager_unref(again);
    ws_registry_free(w.registry);
}

/* An unknown mode makes nothing, by number or by name; the names are those of manager.list. */
static void s8_an_unknown_mode_is_an_error(void)
{
    struct world w;
    world_begin(&w);
    struct ws_manager *m = NULL;
    CHECK_INT(ws_manager_get(w.registry, TEXT("1"), (enum ws_mode)MODES, &m), ERR_MODE);
    CHECK_INT(ws_manager_get(w.registry, TEXT("1"), (enum ws_mode) - 1, &m), ERR_MODE);
    CU_ASSERT_PTR_NULL(m);
    CHECK_INT(ws_registry_status(w.registry).created, 0);
    for (int i = 0; i < MODES; i++) {
        enum ws_mode mode = WS_MODE_UNIFIED;
        CHECK_TEXT(ws_mode_name((enum ws_mode)i), table[i].name);
        CHECK_INT(ws_mode_of(text_of(table[i].name), &mode), ERR_OK);
        CHECK_INT(mode, i);
    }
    enum ws_mode kept = WS_MODE_DEGRADED;
    CHECK_TEXT(ws_mode_name((enum ws_mode)MODES), "unknown");
    CHECK_INT(ws_mode_of(TEXT("unknown"), &kept), ERR_MODE);
    CHECK_INT(ws_mode_of(TEXT_NONE, &kept), ERR_MODE);
    CHECK_INT(kept, WS_MODE_DEGRADED);
    ws_registry_free(w.registry);
}

static enum ws_mode listed_mode;

static void note_mode(void *ctx, const struct ws_manager_row *row)
{
    (void)ctx;
    listed_mode = row->mode;
}

/* A list tells the mode it works in, as ws_manager_mode does. */
static void s8_the_list_tells_the_mode_of_now(void)
{
    struct world w;
    world_begin(&w);
    struct ws_manager *m = made_as(&w, "1", WS_MODE_ISOLATED);
    bool more;
    CHECK_INT(ws_registry_list(w.registry, TEXT_NONE, 5, note_mode, NULL, &more), 1);
    CHECK_INT(listed_mode, WS_MODE_ISOLATED);
    w.level = WS_MODE_EMERGENCY;
    CHECK_INT(ws_registry_list(w.registry, TEXT_NONE, 5, note_mode, NULL, &more), 1);
    CHECK_INT(listed_mode, WS_MODE_EMERGENCY);
    ws_manager_unref(m);
    ws_registry_free(w.registry);
}

UNIT("manager/mode", CASE(s8_a_level_only_narrows_a_mode), CASE(s8_each_mode_does_what_it_says),
     CASE(s8_no_manager_is_wider_than_its_registry), CASE(s8_the_level_isolates_everybody),
     CASE(s8_the_mode_stays_as_it_was_created), CASE(s8_an_unknown_mode_is_an_error),
     CASE(s8_the_list_tells_the_mode_of_now))
