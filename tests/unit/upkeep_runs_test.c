/* What runs did goes out with an export and comes in with an import: in its place among the messages, with the numbers of the
 * new place, once; a run that is at home keeps what it has; what is no good is told by its name. */
#include "base/buf.h"
#include "test_store.h"
#include "unit.h"
#include "upkeep/export.h"
#include "upkeep/import.h"

#define RUN "01HZZZZZZZZZZZZZZZZZZZZZZZ"
#define RUN2 "02HZZZZZZZZZZZZZZZZZZZZZZZ"

/* Room 2 has its events 1 to 12: ana asks, Nook works and answers (8) just after its last step (7); a run that ana's question
 * had to wait for was stopped; two messages stand between. */
static const char place[] =
    "INSERT INTO user (name, display, role, created_ms) VALUES ('ana', 'Ana', 'member', 1);"
    "INSERT INTO room (name, private, created_ms, created_by, epoch, top)"
    " VALUES ('lab', 0, 1, 2, 'e', 12);"
    "INSERT INTO member (room_id, user_id, role, since_ms, read_offset) VALUES (2, 1, 'member', 1, "
    "0), (2, 2, 'owner', 1, 3);"
    "INSERT INTO message (id, room_id, offset, author_id, text, created_ms, key, run_id)"
    " VALUES (11, 2, 1, 2, '@nook who', 10, 'k1', ''), (12, 2, 4, 2, 'hm', 13, 'k2', ''),"
    " (13, 2, 8, 1, 'you', 17, 'k3', '" RUN "'), (14, 2, 12, 2, 'thanks', 21, 'k4', '');"
    "INSERT INTO stream (room_id, offset, time_ms, data) SELECT 2, offset, created_ms, "
    "json_object('type', 'message_created',"
    " 'message', json_object('id', CAST(id AS TEXT))) FROM message;"
    "INSERT INTO stream (room_id, offset, time_ms, data) VALUES"
    " (2, 2, 11, '{\"type\":\"agent_queued\",\"run_id\":\"" RUN "\",\"agent\":{\"id\":\"1\"},"
    "\"room\":\"2\",\"time\":11,\"data\":{\"task\":\"who\",\"started_by\":{\"id\":\"2\"},\"ahead\":"
    "1}}'),"
    " (2, 3, 12, '{\"type\":\"agent_started\",\"run_id\":\"" RUN "\",\"data\":{\"task\":\"who\","
    "\"started_by\":{\"id\":\"2\"}}}'),"
    " (2, 5, 14, '{\"type\":\"agent_thinking\",\"run_id\":\"" RUN "\",\"data\":{\"text\":\"a\","
    "\"step\":1}}'),"
    " (2, 6, 14, '{\"type\":\"agent_thinking\",\"run_id\":\"" RUN "\",\"data\":{\"text\":\"b\","
    "\"step\":2,\"more\":{\"x\":[1,\"\\u00fc\"]}}}'),"
    " (2, 7, 17, '{\"type\":\"agent_completed\",\"run_id\":\"" RUN
    "\",\"data\":{\"message_id\":\"13\","
    "\"summary\":\"s\"}}'),"
    " (2, 9, 18, '{\"type\":\"agent_started\",\"run_id\":\"" RUN2 "\",\"data\":{\"task\":\"x\","
    "\"started_by\":{\"id\":\"2\"}}}'),"
    " (2, 10, 19, '{\"type\":\"member_joined\",\"user\":{\"id\":\"1\"}}'),"
    " (2, 11, 20, '{\"type\":\"agent_stopped\",\"run_id\":\"" RUN2
    "\",\"data\":{\"by\":{\"id\":\"2\"},"
    "\"reason\":\"no\"}}');"
    "INSERT INTO run (id, room_id, agent_id, started_by, text, reply_to, state, created_ms,"
    " first_offset, last_offset, message_id) VALUES"
    " ('" RUN "', 2, 1, 2, 'who', 11, 'completed', 11, 2, 7, 13),"
    " ('" RUN2 "', 2, 1, 2, 'x', 0, 'stopped', 18, 9, 11, 0);";

/* ---- two places and the file between them */

struct two {
    struct tmpdb home, away;
    char file[320];
};

static void new_place(const char *path)
{
    struct store_options o = test_store_options(path);
    store_close(test_store_open(&o));
}

static struct two two_make(void)
{
    struct two t = {.home = tmpdb_make(), .away = tmpdb_make()};
    (void)snprintf(t.file, sizeof t.file, "%s/e.jsonl", t.home.folder);
    new_place(t.home.path);
    new_place(t.away.path);
    test_change(t.home.path, place);
    return t;
}

static void two_remove(struct two *t)
{
    tmpdb_remove(&t->home);
    tmpdb_remove(&t->away);
}

static struct exported export_to(const char *path, const char *file)
{
    char error[256];
    struct exported n;
    FILE *out = fopen(file, "we");
    must(out);
    const struct export_order order = {.out = out, .now_ms = 1};
    CHECK_INT(upkeep_export(path, &order, &n, error), ERR_OK);
    CHECK_TEXT(error, "");
    (void)fclose(out);
    return n;
}

static void keep_sentence(void *ctx, const char *sentence)
{
    (void)snprintf(ctx, 512, "%s", sentence);
}

static struct imported import_from(const char *path, const char *file, bool merge, char said[512])
{
    char error[256];
    struct imported n;
    struct store_options o = test_store_options(path);
    struct store *s = test_store_open(&o);
    const struct import_order order = {
        .path = file, .merge = merge, .env = &env_real, .said = keep_sentence, .ctx = said};
    said[0] = 0;
    CHECK_INT(upkeep_import(s, &order, &n, error), ERR_OK);
    CHECK_TEXT(error, "");
    store_close(s);
    return n;
}

static void write_file(const char *file, const char *lines)
{
    FILE *out = fopen(file, "we");
    must(out && fputs(lines, out) >= 0 && fclose(out) == 0);
}

/* The file's lines of these kinds, in their order, each as its event or its kind. */
static void order_of(const char *file, struct buf *out)
{
    char line[4096];
    FILE *in = fopen(file, "re");
    must(in);
    buf_clear(out);
    while (fgets(line, sizeof line, in)) {
        const char *event = strstr(line, "\"event\":\"");
        bool run = strstr(line, "{\"type\":\"run\"") == line;
        bool message = strstr(line, "{\"type\":\"message\"") == line;
        if (event)
            buf_add_format(out, "%.*s ", (int)strcspn(event + 9, "\""), event + 9);
        else if (run || message)
            buf_add_text(out, run ? TEXT("RUN ") : TEXT("MESSAGE "));
    }
    buf_add_char(out, 0);
    (void)fclose(in);
}

static const char in_order[] =
    "MESSAGE RUN agent_queued agent_started MESSAGE agent_thinking agent_thinking MESSAGE "
    "agent_completed RUN agent_started agent_stopped MESSAGE ";

static void what_runs_did_comes_over_in_its_place(void)
{
    struct two t = two_make();
    struct buf order;
    char said[512];
    char out[64];
    buf_init(&order, 4096);
    struct exported e = export_to(t.home.path, t.file);
    CHECK_INT(e.steps, 7);
    order_of(t.file, &order);
    CHECK_TEXT(order.data, in_order);

    struct imported n = import_from(t.away.path, t.file, false, said);
    CHECK_TEXT(said, "");
    CHECK_INT(n.runs, 2);
    CHECK_INT(n.steps, 7);
    CU_ASSERT_TRUE(test_look(t.away.path,
                             "SELECT first_offset || ' ' || last_offset || ' ' || message_id FROM"
                             " run ORDER BY id",
                             out));
    CHECK_TEXT(out,
               "2 8 3"); /* the answer is the third message, and comes before what tells of it */
    CU_ASSERT_TRUE(
        test_look(t.away.path,
                  "SELECT (data -> '$.data') FROM stream WHERE room_id = 2 AND offset = 8", out));
    CHECK_TEXT(out, "{\"message_id\":\"3\",\"summary\":\"s\"}");
    CU_ASSERT_TRUE(
        test_look(t.away.path,
                  "SELECT data ->> '$.agent.name' || ' ' || (data ->> '$.room') || ' ' ||"
                  " (data ->> '$.data.started_by.name') || ' ' || time_ms FROM stream"
                  " WHERE room_id = 2 AND offset = 2",
                  out));
    CHECK_TEXT(out, "nook 2 ana 11");
    CU_ASSERT_TRUE(test_look(t.away.path,
                             "SELECT data ->> '$.data.more.x[1]' FROM stream WHERE room_id = 2 AND"
                             " offset = 6",
                             out));
    CHECK_TEXT(out, "\xc3\xbc");

    char again[330]; /* out of the new place it is the same */
    (void)snprintf(again, sizeof again, "%s.2", t.file);
    CHECK_INT(export_to(t.away.path, again).steps, 7);
    order_of(again, &order);
    CHECK_TEXT(order.data, in_order);
    buf_fini(&order);
    two_remove(&t);
}

static void nothing_comes_twice(void)
{
    struct two t = two_make();
    char said[512];
    char before[64];
    char after[64];
    static const char sum[] = "SELECT count(*) || ' ' || max(offset) FROM stream WHERE room_id = 2";
    (void)export_to(t.home.path, t.file);
    (void)import_from(t.away.path, t.file, false, said);
    CU_ASSERT_TRUE(test_look(t.away.path, sum, before));
    struct imported n = import_from(t.away.path, t.file, true, said);
    CHECK_INT(n.steps, 0);
    CU_ASSERT_TRUE(test_look(t.away.path, sum, after));
    CHECK_TEXT(after, before);

    /* What was killed in the middle goes on. Here it had not come to the last two steps. */
    test_change(t.away.path,
                "DELETE FROM send_key WHERE author_id = 0 AND (key GLOB 'snug:*stopped*' OR"
                " key GLOB 'snug:" RUN2 ".agent_started*')");
    n = import_from(t.away.path, t.file, true, said);
    CHECK_INT(n.steps, 2);

    /* At home everything is there: also what is taken off there with time does not come back. */
    test_change(t.home.path, "DELETE FROM stream WHERE room_id = 2 AND offset <= 6");
    CU_ASSERT_TRUE(test_look(t.home.path, sum, before));
    n = import_from(t.home.path, t.file, true, said);
    CHECK_INT(n.steps, 0);
    CHECK_INT(n.runs, 0);
    CHECK_TEXT(said, "");
    CU_ASSERT_TRUE(test_look(t.home.path, sum, after));
    CHECK_TEXT(after, before);
    two_remove(&t);
}

#define HEAD                                                                                       \
    "{\"type\":\"snug\",\"version\":1}\n"                                                          \
    "{\"type\":\"user\",\"name\":\"nook\",\"display\":\"N\",\"role\":\"agent\",\"created\":1}\n"   \
    "{\"type\":\"user\",\"name\":\"ana\",\"display\":\"A\",\"role\":\"member\",\"created\":1}\n"   \
    "{\"type\":\"room\",\"room\":\"2.1\",\"name\":\"lab\",\"private\":false,\"created\":1}\n"      \
    "{\"type\":\"room\",\"room\":\"3.1\",\"name\":\"den\",\"private\":false,\"created\":1}\n"      \
    "{\"type\":\"run\",\"id\":\"" RUN "\",\"room\":\"2.1\",\"agent\":\"nook\",\"started_by\":"     \
    "\"ana\",\"text\":\"x\",\"state\":\"running\",\"created\":1}\n"
#define STEP(run, room, event, time, data)                                                         \
    HEAD "{\"type\":\"step\",\"run\":\"" run "\",\"room\":\"" room "\",\"event\":\"" event         \
         "\",\"time\":" time ",\"data\":" data "}\n{\"type\":\"end\"}\n"

static void what_is_no_good_is_told_by_its_name(void)
{
    static const char *const rows[][2] = {
        {STEP(RUN2, "2.1", "agent_thinking", "5", "{}"),
         "its run 02HZZZZZZZZZZZZZZZZZZZZZZZ is not among the room's."},
        {STEP(RUN, "3.1", "agent_thinking", "5", "{}"), "is not among the room's."},
        {STEP(RUN, "9.1", "agent_thinking", "5", "{}"), "its room 9.1 is not among the rooms."},
        {STEP(RUN, "2.1", "message_created", "5", "{}"), "it is no event of a run."},
        {STEP(RUN, "2.1", "agent_thinking", "-5", "{}"), "a time is wrong."},
        {STEP(RUN, "2.1", "agent_thinking", "5", "[1]"), "data is no object."},
        {STEP(RUN, "2.1", "agent_thinking", "\"5\"", "{}"), "time is missing or wrong."},
        {STEP(RUN, "2.1", "agent_thinking", "5", "null"), "data is missing or wrong."},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct two t = two_make();
        char said[512];
        char out[64];
        write_file(t.file, rows[i][0]);
        struct imported n = import_from(t.away.path, t.file, false, said);
        CHECK_INT(n.bad, 1);
        CHECK_INT(n.steps, 0);
        if (!strstr(said, rows[i][1]))
            (void)printf("\n    said: %s\n", said);
        CU_ASSERT_PTR_NOT_NULL(strstr(said, rows[i][1]));
        CU_ASSERT_TRUE(
            test_look(t.away.path, "SELECT count(*) FROM stream WHERE room_id IN (2, 3)", out));
        CHECK_TEXT(out, "0");
        two_remove(&t);
    }
}

static void data_that_is_too_long_is_told(void)
{
    struct two t = two_make();
    char said[512];
    struct buf lines;
    buf_init(&lines, (size_t)1 << 20);
    buf_add_text(&lines,
                 TEXT(HEAD "{\"type\":\"step\",\"run\":\"" RUN "\",\"room\":\"2.1\","
                           "\"event\":\"agent_thinking\",\"time\":5,\"data\":{\"text\":\""));
    for (int i = 0; i < 192 << 10; i++)
        buf_add_char(&lines, 'x');
    buf_add_text(&lines, TEXT("\"}}\n{\"type\":\"end\"}\n"));
    buf_add_char(&lines, 0);
    write_file(t.file, lines.data);
    struct imported n = import_from(t.away.path, t.file, false, said);
    CHECK_INT(n.bad, 1);
    CHECK_INT(n.runs, 1);
    CU_ASSERT_PTR_NOT_NULL(strstr(said, "data is longer than 192 KiB."));
    buf_fini(&lines);
    two_remove(&t);
}

/* What an event says cannot name people, messages or kinds that it is not about. */
static void hostile_data_names_nobody(void)
{
    struct two t = two_make();
    char said[512];
    char out[64];
    write_file(t.file, STEP(RUN, "2.1", "agent_started", "5",
                            "{\"start\\u0065d_by\":{\"id\":\"1\"},\"by\":1,\"message_id\":\"1\","
                            "\"type\":\"message_created\",\"task\":\"t\"}"));
    struct imported n = import_from(t.away.path, t.file, false, said);
    CHECK_INT(n.steps, 1);
    CHECK_TEXT(said, "");
    CU_ASSERT_TRUE(test_look(
        t.away.path, "SELECT data -> '$.data' FROM stream WHERE room_id = 2 AND offset = 1", out));
    CHECK_TEXT(out, "{\"type\":\"message_created\",\"task\":\"t\"}");
    CU_ASSERT_TRUE(test_look(
        t.away.path, "SELECT data ->> '$.type' FROM stream WHERE room_id = 2 AND offset = 1", out));
    CHECK_TEXT(out, "agent_started");
    two_remove(&t);
}

UNIT("upkeep/runs", CASE(what_runs_did_comes_over_in_its_place), CASE(nothing_comes_twice),
     CASE(what_is_no_good_is_told_by_its_name), CASE(data_that_is_too_long_is_told),
     CASE(hostile_data_names_nobody))
