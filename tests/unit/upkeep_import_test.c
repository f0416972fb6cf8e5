/* Whatever a file or a folder has in it, an import says what it could not take, and takes the rest; memory has a bound, and
 * without any it ends with that word. */
#include "fault.h"
#include "test_store.h"
#include "unit.h"
#include "upkeep/import.h"

#include <sys/stat.h>

struct told {
    int count;
    char last[512];
};

static void tell(void *ctx, const char *sentence)
{
    struct told *t = ctx;
    t->count++;
    (void)snprintf(t->last, sizeof t->last, "%s", sentence);
}

struct world {
    struct tmpdb t;
    struct store *store;
    char path[320]; /* of what is imported */
    struct told told;
};

static struct world world_make(const char *name)
{
    struct world w = {.t = tmpdb_make()};
    struct store_options o = test_store_options(w.t.path);
    w.store = test_store_open(&o);
    (void)snprintf(w.path, sizeof w.path, "%s/%s", w.t.folder, name);
    return w;
}

static void world_end(struct world *w)
{
    store_close(w->store);
    tmpdb_remove(&w->t);
}

/* In w->path, which is a folder if `name` is given. `middle` comes `times` over. */
static void put_file(const struct world *w, const char *name, const char *before,
                     const char *middle, size_t times, const char *after)
{
    char path[640];
    (void)snprintf(path, sizeof path, "%s%s%s", w->path, name ? "/" : "", name ? name : "");
    FILE *out = fopen(path, "we");
    must(out && fputs(before, out) >= 0);
    for (size_t i = 0; i < times; i++)
        must(fputs(middle, out) >= 0);
    must(fputs(after, out) >= 0 && fclose(out) == 0);
}

static enum err import(struct world *w, struct imported *n, char error[256])
{
    const struct import_order order = {
        .path = w->path, .env = &env_real, .said = tell, .ctx = &w->told};
    w->told = (struct told){0};
    return upkeep_import(w->store, &order, n, error);
}

/* A folder of Slack's with one person and one room. */
static struct world slack_make(void)
{
    struct world w = world_make("slack");
    char days[400];
    (void)snprintf(days, sizeof days, "%s/lab", w.path);
    must(mkdir(w.path, 0700) == 0 && mkdir(days, 0700) == 0);
    put_file(&w, "users.json", "[{\"id\":\"U1\",\"name\":\"ada\"}]", "", 0, "");
    put_file(&w, "channels.json", "[{\"id\":\"C1\",\"name\":\"lab\"}]", "", 0, "");
    return w;
}

static void a_time_that_is_none_is_told(void)
{
    static const struct {
        const char *time;
        bool good;
    } rows[] = {
        {"9223372036854775807.000100", false},
        {"9223372036854775808.0", false},
        {"253402300800.000", false},
        {"0.000", false},
        {"-1.000", false},
        {".5", false},
        {"1300000000.0x0", false},
        {"1300000000", true}, /* without a part of a second */
        {"1300000001.", true},
        {"253402300799.999", true}, /* the year 9999 */
    };
    struct world w = slack_make();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct imported n;
        char error[256];
        put_file(&w, "lab/2011-03-13.json",
                 "[{\"type\":\"message\",\"user\":\"U1\",\"text\":\"a\",\"ts\":\"", rows[i].time, 1,
                 "\"}]");
        CHECK_INT(import(&w, &n, error), ERR_OK);
        CHECK_INT(n.messages, rows[i].good);
        CHECK_INT(n.bad, !rows[i].good);
        CHECK_TEXT(w.told.last, rows[i].good ? "" : "lab/2011-03-13.json, 1: ts is no time.");
    }
    world_end(&w);
}

/* 17 MiB, and a good one behind it. */
static void an_element_that_is_too_long_is_told_and_the_next_is_taken(void)
{
    struct world w = slack_make();
    struct imported n;
    char error[256];
    put_file(&w, "lab/2011-03-13.json",
             "[{\"type\":\"message\",\"user\":\"U1\",\"ts\":\"1300000000.0\",\"text\":\"",
             "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", (17 << 20) / 64,
             "\"},{\"type\":\"message\",\"user\":\"U1\",\"text\":\"a\",\"ts\":\"1300000001.0\"}]");
    CHECK_INT(import(&w, &n, error), ERR_OK);
    CHECK_INT(n.messages, 1);
    CHECK_INT(w.told.count, 1);
    CHECK_TEXT(w.told.last, "lab/2011-03-13.json, 1: it is longer than 16 MiB.");
    world_end(&w);
}

/* A room without a folder had nothing said in it; what stands in its place and is none is told. */
static void a_room_whose_days_cannot_be_read_is_told(void)
{
    struct world w = slack_make();
    struct imported n;
    char error[256];
    put_file(&w, "channels.json",
             "[{\"id\":\"C1\",\"name\":\"lab\"},{\"id\":\"C2\",\"name\":\"quiet\"},"
             "{\"id\":\"C3\",\"name\":\"odd\"}]",
             "", 0, "");
    put_file(&w, "odd", "a file", "", 0, "");
    CHECK_INT(import(&w, &n, error), ERR_OK);
    CHECK_INT(n.rooms, 3);
    CHECK_INT(n.bad, 1);
    CHECK_TEXT(w.told.last, "odd, 0: it cannot be read: Not a directory.");
    world_end(&w);
}

static void what_is_no_file_is_refused(void)
{
    struct world w = world_make("pipe");
    struct imported n;
    char error[256];
    must(mkfifo(w.path, 0600) == 0);
    CHECK_INT(import(&w, &n, error), ERR_BAD_REQUEST); /* and does not wait for who writes to it */
    CU_ASSERT_PTR_NOT_NULL(strstr(error, "/pipe is no file."));
    world_end(&w);
}

#define SNUG_FILE                                                                                  \
    "{\"type\":\"snug\",\"version\":1}\n"                                                          \
    "{\"type\":\"user\",\"name\":\"ana\",\"display\":\"A\",\"role\":\"member\",\"created\":1}\n"   \
    "{\"type\":\"room\",\"room\":\"2.1\",\"name\":\"lab\",\"private\":false,\"created\":1}\n"      \
    "{\"type\":\"message\",\"id\":\"7.1\",\"room\":\"2.1\",\"author\":\"ana\",\"text\":\"hm\","    \
    "\"time\":1,\"reactions\":[{\"emoji\":\"\u2705\",\"users\":[\"ana\"]}]}\n"                     \
    "{\"type\":\"end\"}\n"

/* This thread's allocations fail one after the other: no line is said to be bad for that. */
static void without_memory_it_ends_with_that_word(void)
{
    static const char *const kinds[] = {"snug", "slack"};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        struct world w = i == 0 ? world_make("e.jsonl") : slack_make();
        unsigned n = 1;
        put_file(&w, i == 0 ? NULL : "lab/2011-03-13.json", i == 0 ? SNUG_FILE : "[", "", 0,
                 i == 0 ? ""
                        : "{\"type\":\"message\",\"user\":\"U1\",\"text\":\"a\","
                          "\"ts\":\"1300000001.0\",\"reactions\":"
                          "[{\"name\":\"tada\",\"users\":[\"U1\"]}]}]");
        for (;; n += 1 + n / 32) { /* the later ones are SQLite's, for one name after the other */
            struct imported got;
            char error[256] = "";
            fault_at(n);
            enum err e = import(&w, &got, error);
            bool came = fault_end();
            CU_ASSERT_TRUE(e == ERR_OK || (came && error[0]));
            CHECK_INT(got.bad, 0);
            if (got.bad || !came)
                break;
        }
        (void)printf("%s: up to %u allocations ... ", kinds[i], n - 1);
        CU_ASSERT_TRUE(n > 5); /* or the test proves nothing */
        world_end(&w);
    }
}

UNIT("upkeep/import", CASE(a_time_that_is_none_is_told),
     CASE(an_element_that_is_too_long_is_told_and_the_next_is_taken),
     CASE(a_room_whose_days_cannot_be_read_is_told), CASE(what_is_no_file_is_refused),
     CASE(without_memory_it_ends_with_that_word))
