/* How long the place keeps messages: what an admin sets holds at once and over restarts, within the configuration; a preview
 * counts what would go. */
#include "chat_place.h"
#include "unit.h"

#define MINUTE_MS 60000
#define DAYS(n) ((n)*INT64_C(86400000))

static struct place place_keeping(int64_t ms, int64_t messages, int64_t bytes)
{
    place_keep_ms = ms;
    place_keep_messages = messages;
    place_keep_bytes = bytes;
    return place_new();
}

static void place_end(struct place *w)
{
    place_free(w);
    place_keep_ms = place_keep_messages = place_keep_bytes = 0;
}

/* Without a minute that passes. */
static void keep_at_once(struct place *w)
{
    for (int i = 0; i < 40; i++)
        place_tick(w, 200);
}

static int listed(struct place *w, int64_t room)
{
    struct answer_got *got =
        CALL_AS(w, mira, "message.list", "{\"room\":\"%lld\",\"limit\":200}", (long long)room);
    CHECK_INT(got->err, ERR_OK);
    return got_count(got, "messages");
}

static int64_t in_force(struct place *w, const char *path)
{
    return got_int(CALL_AS(w, ben, "place.get", "{}"), path);
}

static void check_refused(struct place *w, const char *params, const char *field,
                          const char *message)
{
    static const char *const methods[] = {"place.update", "place.preview"};
    for (int i = 0; i < 2; i++) {
        struct answer_got *got = CALL_AS(w, root, methods[i], "%s", params);
        CHECK_INT(got->err, ERR_BAD_REQUEST);
        CHECK_TEXT(got->field, field);
        CHECK_TEXT(got->message, message);
    }
    CHECK_TEXT(place_look(w, "SELECT count(*) FROM setting WHERE name LIKE 'keep%'"), "0");
    CHECK_INT(pub_of(PUB_EVERYBODY, "", ""), 0);
}

static int64_t preview(struct place *w, const char *params)
{
    struct answer_got *got = CALL_AS(w, root, "place.preview", "%s", params);
    CHECK_INT(got->err, ERR_OK);
    CHECK_TEXT(got_text(got, "about"), "false");
    CHECK_TEXT(got_text(got, "more"), "false");
    return got_int(got, "messages");
}

/* ---- setting them */

static void what_is_set_holds_at_once_and_after_a_restart(void)
{
    struct place w = place_keeping(0, 0, 0);
    for (int i = 0; i < 30; i++)
        place_send(&w, &w.as_ana, 1, "text");
    keep_at_once(&w);
    CHECK_INT(listed(&w, 1), 30);
    CHECK_INT(in_force(&w, "keep.now.messages"), 0);

    struct answer_got *got = CALL_AS(&w, root, "place.update", "{\"keep_messages\":20}");
    CHECK_INT(got->err, ERR_OK);
    CHECK_INT(got_int(got, "keep.now.messages"), 20);
    CHECK_INT(got_int(got, "keep.set.messages"), 20);
    CHECK_INT(got_int(got, "keep.most.messages"), 0);
    keep_at_once(&w);
    CHECK_INT(listed(&w, 1), 20);

    /* One is set, the others stay. */
    got = CALL_AS(&w, root, "place.update", "{\"keep_days\":30,\"keep_bytes\":10000000}");
    CHECK_INT(got_int(got, "keep.now.messages"), 20);
    CHECK_INT(got_int(got, "keep.now.age_ms"), DAYS(30));
    CHECK_INT(got_int(got, "keep.now.size_bytes"), 10000000);
    place_reopen(&w);
    CHECK_INT(in_force(&w, "keep.now.age_ms"), DAYS(30));
    CHECK_INT(in_force(&w, "keep.now.messages"), 20);
    product_advance(w.p, DAYS(31));
    keep_at_once(&w);
    CHECK_INT(listed(&w, 1), 0);

    got =
        CALL_AS(&w, root, "place.update", "{\"keep_days\":0,\"keep_messages\":0,\"keep_bytes\":0}");
    CHECK_INT(got_int(got, "keep.now.messages") + got_int(got, "keep.now.age_ms"), 0);
    for (int i = 0; i < 30; i++)
        place_send(&w, &w.as_ana, 1, "text");
    product_advance(w.p, DAYS(300));
    keep_at_once(&w);
    CHECK_INT(listed(&w, 1), 30);
    place_end(&w);
}

static void the_configuration_is_the_outer_bound(void)
{
    struct place w = place_keeping(DAYS(30), 100, (int64_t)64 << 20);
    check_refused(&w, "{\"keep_messages\":5,\"keep_days\":31}", "keep_days",
                  "keep_days must be a whole number from 0 to 30: the server's configuration keeps "
                  "no more.");
    check_refused(&w, "{\"keep_messages\":101,\"keep_days\":5}", "keep_messages",
                  "keep_messages must be a whole number from 0 to 100: the server's configuration "
                  "keeps no more.");
    check_refused(&w, "{\"keep_bytes\":67108865}", "keep_bytes",
                  "keep_bytes must be a whole number from 0 to 67108864: the server's "
                  "configuration keeps no more.");
    struct answer_got *got =
        CALL_AS(&w, root, "place.update",
                "{\"keep_days\":30,\"keep_messages\":100,\"keep_bytes\":67108864}");
    CHECK_INT(got->err, ERR_OK);
    got = CALL_AS(&w, root, "place.update", "{\"keep_days\":7,\"keep_messages\":0}");
    CHECK_INT(got_int(got, "keep.now.age_ms"), DAYS(7));
    CHECK_INT(got_int(got, "keep.set.messages"), 0);
    CHECK_INT(got_int(got, "keep.now.messages"), 100); /* as the configuration says */

    place_keep_ms = DAYS(2); /* of the next start: closer than what was set */
    place_reopen(&w);
    CHECK_INT(in_force(&w, "keep.now.age_ms"), DAYS(2));
    CHECK_INT(in_force(&w, "keep.set.age_ms"), DAYS(7));
    CHECK_INT(in_force(&w, "keep.most.age_ms"), DAYS(2));
    place_end(&w);
}

static void a_wrong_value_names_its_field_and_changes_nothing(void)
{
    struct place w = place_keeping(DAYS(1) - 1, 0, 0);
    const char *days = "keep_days must be a whole number from 0 to 36500.";
    check_refused(&w, "{\"keep_messages\":1,\"keep_days\":-1}", "keep_days", days);
    check_refused(&w, "{\"keep_messages\":1,\"keep_days\":36501}", "keep_days", days);
    check_refused(&w, "{\"keep_messages\":1,\"keep_days\":1.5}", "keep_days", days);
    check_refused(&w, "{\"keep_days\":\"x\"}", "keep_days", days);
    check_refused(&w, "{\"keep_days\":1}", "keep_days",
                  "keep_days must be 0: the server's configuration keeps messages for less than a "
                  "day.");
    check_refused(&w, "{\"keep_messages\":1000000001}", "keep_messages",
                  "keep_messages must be a whole number from 0 to 1000000000.");
    check_refused(&w, "{\"keep_messages\":1,\"keep_bytes\":1048575}", "keep_bytes",
                  "keep_bytes must be 0, or at least 1048576, which is 1 MiB.");
    CHECK_INT(CALL_AS(&w, root, "place.update", "{\"keep_bytes\":1048576}")->err, ERR_OK);
    place_end(&w);
}

static void only_admins_may(void)
{
    struct place w = place_keeping(0, 0, 0);
    static const char *const methods[] = {"place.update", "place.preview"};
    for (int i = 0; i < 2; i++) {
        CHECK_INT(CALL_AS(&w, mira, methods[i], "{\"keep_days\":1}")->err, ERR_DENIED);
        CHECK_INT(CALL_AS(&w, nobody, methods[i], "{\"keep_days\":1}")->err, ERR_UNAUTHORIZED);
        struct actor once = actor_admin(w.ben); /* was an admin when they connected */
        CHECK_INT(product_call(w.p, &once, methods[i], "{\"keep_days\":1}")->err, ERR_DENIED);
    }
    CHECK_TEXT(place_look(&w, "SELECT count(*) FROM setting WHERE name LIKE 'keep%'"), "0");
    struct actor local = actor_local();
    CHECK_INT(product_call(w.p, &local, "place.update", "{\"keep_days\":1}")->err, ERR_OK);
    CHECK_TEXT(got_text(CALL_AS(&w, nobody, "place.get", "{}"), "keep"), "(absent)");
    CHECK_INT(in_force(&w, "keep.now.age_ms"), DAYS(1));
    place_end(&w);
}

static void everybody_is_told_once_a_change(void)
{
    struct place w = place_keeping(0, 0, 0);
    CHECK_INT(CALL_AS(&w, root, "place.update", "{\"keep_days\":0}")->err, ERR_OK);
    CHECK_INT(CALL_AS(&w, root, "place.update", "{}")->err, ERR_OK);
    CHECK_INT(pub_of(PUB_EVERYBODY, "", ""), 0);
    CHECK_INT(CALL_AS(&w, root, "place.update", "{\"keep_days\":9}")->err, ERR_OK);
    CHECK_INT(CALL_AS(&w, root, "place.update", "{\"keep_days\":9}")->err, ERR_OK);
    CHECK_INT(pub_of(PUB_EVERYBODY, "", "place_changed"), 1);
    struct heard told = pub_last(PUB_EVERYBODY, "", "place_changed");
    CHECK_TEXT(json_look(told.data, "keep.now.age_ms"), "777600000");
    place_end(&w);
}

/* A plan of before a change takes nothing after it. */
static void what_was_planned_by_old_bounds_stays(void)
{
    struct place w = place_keeping(0, 0, 0);
    for (int i = 0; i < 60; i++)
        place_send(&w, &w.as_ana, 1, "text");
    keep_at_once(&w);
    CHECK_INT(CALL_AS(&w, root, "place.update", "{\"keep_messages\":10}")->err, ERR_OK);
    place_tick(&w, 200); /* it is planned, and no step was made */
    CHECK_INT(listed(&w, 1), 60);
    CHECK_INT(CALL_AS(&w, root, "place.update", "{\"keep_messages\":50}")->err, ERR_OK);
    keep_at_once(&w);
    CHECK_INT(listed(&w, 1), 50);
    place_end(&w);
}

/* The same of a step that waits for the writer behind the change. */
static void a_step_that_waits_takes_nothing_after_a_change(void)
{
    struct place w = place_keeping(0, 0, 0);
    for (int i = 0; i < 60; i++)
        place_send(&w, &w.as_ana, 1, "text");
    keep_at_once(&w);
    CHECK_INT(CALL_AS(&w, root, "place.update", "{\"keep_messages\":10}")->err, ERR_OK);
    place_tick(&w, 200); /* it is planned */
    struct gate writer;
    gate_close(&writer, writer_submit, w.p->store);
    chat_tick(w.chat);
    struct answer_got got = {.came = future_new(NULL)};
    method_call(&w.p->table, TEXT("place.update"), TEXT("{\"keep_messages\":50}"), &w.as_root,
                (struct reply){.owner = &got, .done = got_done});
    gate_open(&writer);
    CHECK_INT(test_wait(future_ref(got.came)), ERR_OK);
    CHECK_INT(got.err, ERR_OK);
    test_later_done(w.p->store);
    CHECK_INT(listed(&w, 1), 60);
    keep_at_once(&w);
    CHECK_INT(listed(&w, 1), 50);
    got.came = future_unref(got.came);
    free(got.json);
    gate_fini(&writer);
    place_end(&w);
}

/* ---- counting what would go */

static void a_preview_counts_what_then_goes(void)
{
    struct place w = place_keeping(0, 0, 0);
    int64_t brief = place_room(&w, &w.as_mira, "brief", false);
    for (int i = 0; i < 10; i++)
        place_send(&w, &w.as_ana, 1, "old");
    for (int i = 0; i < 3; i++)
        place_send(&w, &w.as_mira, brief, "old");
    product_advance(w.p, DAYS(10));
    for (int i = 0; i < 5; i++)
        place_send(&w, &w.as_ana, 1, "young");
    for (int i = 0; i < 2; i++)
        place_send(&w, &w.as_mira, brief, "young");
    product_advance(w.p, DAYS(10));
    CHECK_INT(preview(&w, "{}"), 0);
    CHECK_INT(preview(&w, "{\"keep_days\":21}"), 0);
    CHECK_INT(preview(&w, "{\"keep_days\":15}"), 13);
    CHECK_INT(preview(&w, "{\"keep_days\":1}"), 20);
    CHECK_INT(preview(&w, "{\"keep_messages\":4}"), 12);                  /* 11 and 1 */
    CHECK_INT(preview(&w, "{\"keep_messages\":4,\"keep_days\":15}"), 14); /* 11 and 3 */
    CHECK_INT(preview(&w, "{\"keep_bytes\":1000000000}"), 0);

    /* What a room keeps less of is counted so. */
    CHECK_INT(CALL_AS(&w, mira, "room.update", "{\"room\":\"%lld\",\"keep_messages\":1}",
                      (long long)brief)
                  ->err,
              ERR_OK);
    CHECK_INT(preview(&w, "{\"keep_messages\":4}"), 15); /* 11 and 4 */
    CHECK_TEXT(place_look(&w, "SELECT count(*) FROM message"), "20");
    CHECK_INT(CALL_AS(&w, root, "place.update", "{\"keep_messages\":4}")->err, ERR_OK);
    CHECK_INT(pub_of(PUB_EVERYBODY, "", ""), 1); /* a preview tells nobody */
    keep_at_once(&w);
    CHECK_TEXT(place_look(&w, "SELECT count(*) FROM message"), "5");
    place_end(&w);
}

/* 70 rooms are more than the 64 that are read at once. */
static void a_preview_looks_at_all_rooms(void)
{
    struct place w = place_keeping(0, 0, 0);
    for (int i = 0; i < 70; i++)
        place_send(&w, &w.as_mira, place_room(&w, &w.as_mira, "one of many", false), "text");
    product_advance(w.p, DAYS(2));
    CHECK_INT(preview(&w, "{\"keep_days\":1}"), 70);
    place_end(&w);
}

/* The clock moves on by 400 ms each time it is asked, so a second is over at the third look. */
static int64_t hurried(void *ctx)
{
    return atomic_fetch_add(&((struct test_clock *)ctx)->monotonic_ms, 400);
}

static void a_preview_ends_in_time(void)
{
    struct place w = place_keeping(0, 0, 0);
    CHECK_TEXT(place_look(&w, "SELECT count(*) FROM message"), "0");
    sqlite3 *db = NULL;
    CHECK_INT(sqlite3_open(w.p->folder.path, &db), SQLITE_OK);
    CHECK_INT(sqlite3_exec(db,
                           "WITH n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)"
                           "INSERT INTO message (room_id, offset, author_id, text, created_ms, key)"
                           " SELECT 1, 1000 + i, 1, 'text', i, 'key' FROM n",
                           NULL, NULL, NULL),
              SQLITE_OK);
    (void)sqlite3_close(db);
    CHECK_INT(preview(&w, "{\"keep_days\":1}"), 2000);
    w.p->env.monotonic_ms = hurried;
    struct answer_got *got = CALL_AS(&w, root, "place.preview", "{\"keep_days\":1}");
    CHECK_TEXT(got_text(got, "more"), "true");
    CHECK_INT(got_int(got, "messages"), 512); /* the first look is at the room, then one each 256 */
    w.p->env.monotonic_ms = test_monotonic;
    place_end(&w);
}

/* The oldest 2,000 are taken at once: 2,500 messages over a bound of three quarters. */
static void a_size_takes_as_many_as_it_said(void)
{
    static char text[1001];
    memset(text, 'x', sizeof text - 1);
    struct place w = place_keeping(0, 0, 0);
    for (int i = 0; i < 2500; i++)
        place_send(&w, &w.as_mira, 1, text);
    place_tick(&w, 1000); /* the search index has them */
    int64_t pages = strtoll(place_look(&w, "SELECT page_count FROM pragma_page_count()"), NULL, 10);
    char params[64];
    (void)snprintf(params, sizeof params, "{\"keep_bytes\":%lld}", (long long)pages * 4096 * 3 / 4);
    struct answer_got *got = CALL_AS(&w, root, "place.preview", "%s", params);
    CHECK_INT(got_int(got, "messages"), 2000);
    CHECK_TEXT(got_text(got, "about"), "true");
    CHECK_TEXT(got_text(got, "more"), "false");
    CHECK_INT(CALL_AS(&w, root, "place.update", "%s", params)->err, ERR_OK);
    keep_at_once(&w);
    CHECK_TEXT(place_look(&w, "SELECT count(*) FROM message"), "500");
    CHECK_INT(got_int(CALL_AS(&w, root, "place.preview", "%s", params), "messages"), 0);
    got = CALL_AS(&w, root, "place.preview", "{\"keep_bytes\":1048576,\"keep_messages\":0}");
    CHECK_INT(got_int(got, "messages"), 500); /* more than there are is not said */
    place_end(&w);
}

UNIT("chat/bounds", CASE(what_is_set_holds_at_once_and_after_a_restart),
     CASE(the_configuration_is_the_outer_bound),
     CASE(a_wrong_value_names_its_field_and_changes_nothing), CASE(only_admins_may),
     CASE(everybody_is_told_once_a_change), CASE(what_was_planned_by_old_bounds_stays),
     CASE(a_step_that_waits_takes_nothing_after_a_change), CASE(a_preview_counts_what_then_goes),
     CASE(a_preview_looks_at_all_rooms), CASE(a_preview_ends_in_time),
     CASE(a_size_takes_as_many_as_it_said))
