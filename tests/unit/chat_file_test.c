/* Guards: a message brings files of its author: all of them or none and no message; everywhere it is told with them; who may read it may
 * read them; and they go with it, however it goes. */
#include "chat_find.h"
#include "files_place.h"

#define MINUTE_MS 60000

/* A place with chat whose Ada (of files_place) is Ana. */
struct world {
    struct place w;
    struct files_place f;
};

static struct world world_new(void)
{
    struct world v = {.w = place_new()};
    v.f = (struct files_place){.p = v.w.p, .ada = v.w.ana, .as_ada = v.w.as_ana};
    (void)snprintf(v.f.folder, sizeof v.f.folder, "%s/files", v.w.p->folder.folder);
    files_place_open(&v.f);
    return v;
}

static void world_free(struct world *v)
{
    files_stop(v->f.files);
    place_close(&v->w);
    files_free(v->f.files);
    product_free(v->w.p);
    pub_clear();
}

static int64_t made(struct world *v, const char *name)
{
    return files_made(&v->f, name, TEXT("the bytes"));
}

static struct answer_got *send(struct world *v, const struct actor *who, const char *text,
                               const char *files)
{
    static unsigned keys;
    return product_call(v->w.p, who, "message.send",
                        "{\"room\":\"1\",\"text\":\"%s\",\"key\":\"f%u\",\"files\":[%s]}", text,
                        ++keys, files);
}

/* The id of a message of Ana's with these files. */
static int64_t sent(struct world *v, const char *text, const char *files)
{
    struct answer_got *got = send(v, &v->w.as_ana, text, files);
    if (got->err != ERR_OK)
        (void)fprintf(stderr, "message.send: %s\n", got->message);
    CHECK_INT(got->err, ERR_OK);
    return got->err == ERR_OK ? got_int(got, "id") : 0;
}

static int64_t look(struct world *v, const char *sql)
{
    return files_look_int(&v->f, sql);
}

static bool may_read(struct world *v, int64_t user, int64_t id)
{
    struct file f;
    int fd;
    if (files_open(&v->f, user, id, &f, &fd) != ERR_OK)
        return false;
    (void)close(fd);
    return true;
}

/* ---- sent */

static void a_message_tells_of_its_files_everywhere(void)
{
    static const char told[] =
        "[{\"id\":\"2\",\"name\":\"b.txt\",\"type\":\"text/plain\",\"size\":9},"
        "{\"id\":\"1\",\"name\":\"a.txt\",\"type\":\"text/plain\",\"size\":9}]";
    struct world v = world_new();
    (void)made(&v, "a.txt");
    (void)made(&v, "b.txt");
    pub_clear();
    int64_t id = sent(&v, "see", "\"2\",\"1\""); /* in the order given */
    struct heard p = pub_last(PUB_STREAM, "room:1", "message_created");
    CHECK_TEXT(json_look(p.data, "message.files"), told);
    struct answer_got *got = CALL_AS(&v.w, mira, "message.list", "{\"room\":\"1\",\"limit\":1}");
    CHECK_TEXT(got_text(got, "messages.0.files"), told);
    got = CALL_AS(&v.w, mira, "message.search", "{\"query\":\"see\"}");
    CHECK_TEXT(got_text(got, "messages.0.files"), told);
    char sql[160];
    (void)snprintf(sql, sizeof sql,
                   "SELECT count(*) FROM file WHERE message_id = %lld AND room_id = 1",
                   (long long)id);
    CHECK_INT(look(&v, sql), 2);
    got =
        CALL_AS(&v.w, ana, "message.send", "{\"room\":\"1\",\"key\":\"alone\",\"text\":\"none\"}");
    CHECK_INT(got->err, ERR_OK);
    p = pub_last(PUB_STREAM, "room:1", "message_created");
    CHECK_TEXT(json_look(p.data, "message.files"), "(absent)");
    world_free(&v);
}

static void text_may_be_missing_with_files_alone(void)
{
    struct world v = world_new();
    (void)made(&v, "a");
    (void)made(&v, "b");
    CHECK_INT(sent(&v, "", "\"1\"") > 0, true);
    struct answer_got *got =
        CALL_AS(&v.w, ana, "message.send", "{\"room\":\"1\",\"key\":\"k\",\"files\":[\"2\"]}");
    CHECK_INT(got->err, ERR_OK);
    CHECK_TEXT(CALL_AS(&v.w, ana, "message.send", "{\"room\":\"1\",\"key\":\"k2\"}")->message,
               "text is missing.");
    CHECK_TEXT(CALL_AS(&v.w, ana, "message.send", "{\"room\":\"1\",\"key\":\"k2\",\"text\":\" \"}")
                   ->message,
               "text must have 1 to 16000 characters.");
    got = CALL_AS(&v.w, ana, "message.send",
                  "{\"room\":\"1\",\"key\":\"k2\",\"text\":\"\",\"files\":[]}");
    CHECK_TEXT(got->field, "text");
    world_free(&v);
}

/* 1 is whole, 2 only begun, 3 Mira's, 4 sent. */
static void a_wrong_file_sends_nothing(void)
{
    static const struct {
        const char *files, *message;
    } rows[] = {
        {"\"2\"", "files has one that has not come whole yet."},
        {"\"3\"", "files must be ids of files of your own."},
        {"\"4\"", "files has one that was sent already."},
        {"\"5\"", "files must be ids of files of your own."},
        {"\"1\",\"1\"", "files has one twice."},
        {"\"1\",\"4\"", "files has one that was sent already."},
        {"\"x\"", "files must be a list of ids."},
        {"\"-1\"", "files must be a list of ids."},
        {"\"\"", "files must be a list of texts that are not empty."},
        {"1", "files must be a list of texts that are not empty."},
        {"\"1\",\"1\",\"1\",\"1\",\"1\",\"1\",\"1\",\"1\",\"1\",\"1\",\"1\"",
         "files must have at most 10 entries."},
    };
    struct world v = world_new();
    (void)made(&v, "a");
    CHECK_INT(files_begin(&v.f, &v.w.as_ana, "b", 3, "begun")->err, ERR_OK);
    CHECK_INT(files_begin(&v.f, &v.w.as_mira, "c", 0, "hers")->err, ERR_OK);
    struct taken t;
    CHECK_INT(files_put(&v.f, v.w.mira, 3, 0, TEXT_NONE, &t), ERR_OK);
    (void)made(&v, "d");
    CHECK_INT(sent(&v, "first", "\"4\"") > 0, true);
    int64_t messages = look(&v, "SELECT count(*) FROM message"),
            top = look(&v, "SELECT top FROM room WHERE id = 1");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct answer_got *got = send(&v, &v.w.as_ana, "see", rows[i].files);
        CHECK_INT(got->code, 107);
        CHECK_TEXT(got->field, "files");
        CHECK_TEXT(got->message, rows[i].message);
    }
    struct answer_got *got = CALL_AS(
        &v.w, ana, "message.send", "{\"room\":\"1\",\"text\":\"a\",\"key\":\"k\",\"files\":\"1\"}");
    CHECK_TEXT(got->message, "files must be a list of texts.");
    got = CALL_AS(
        &v.w, ana, "message.send",
        "{\"room\":\"1\",\"text\":\"a\",\"key\":\"k\",\"files\":[\"1\"],\"reply_to\":\"99\"}");
    CHECK_TEXT(got->field, "reply_to");
    CHECK_INT(look(&v, "SELECT count(*) FROM message"), messages);
    CHECK_INT(look(&v, "SELECT top FROM room WHERE id = 1"), top);
    CHECK_INT(look(&v, "SELECT count(*) FROM file WHERE message_id IS NULL"), 3);
    CHECK_INT(sent(&v, "good", "\"1\"") > 0, true);
    world_free(&v);
}

static void the_same_key_gives_the_first_result(void)
{
    static const char params[] =
        "{\"room\":\"1\",\"text\":\"see\",\"key\":\"once\",\"files\":[\"1\"]}";
    struct world v = world_new();
    (void)made(&v, "a");
    char first[256];
    (void)snprintf(first, sizeof first, "%s",
                   CALL_AS(&v.w, ana, "message.send", "%s", params)->json);
    CHECK_TEXT(CALL_AS(&v.w, ana, "message.send", "%s", params)->json, first);
    CHECK_INT(look(&v, "SELECT count(*) FROM message WHERE key = 'once'"), 1);
    world_free(&v);
}

static void who_may_read_the_message_may_read_its_files(void)
{
    struct world v = world_new();
    int64_t id = made(&v, "a");
    int64_t room = place_room(&v.w, &v.w.as_ana, "two", true);
    CHECK_INT(
        CALL_AS(&v.w, ana, "room.invite", "{\"room\":\"%lld\",\"user\":\"ben\"}", (long long)room)
            ->err,
        ERR_OK);
    CU_ASSERT_TRUE(may_read(&v, v.w.ana, id));
    CU_ASSERT_FALSE(may_read(&v, v.w.ben, id));
    CHECK_INT(CALL_AS(&v.w, ana, "message.send",
                      "{\"room\":\"%lld\",\"key\":\"k\",\"files\":[\"%lld\"]}", (long long)room,
                      (long long)id)
                  ->err,
              ERR_OK);
    CU_ASSERT_TRUE(may_read(&v, v.w.ana, id));
    CU_ASSERT_TRUE(may_read(&v, v.w.ben, id));
    CU_ASSERT_FALSE(may_read(&v, v.w.mira, id));
    CU_ASSERT_FALSE(may_read(&v, v.w.root, id));
    CU_ASSERT_FALSE(may_read(&v, 0, id));
    CHECK_INT(CALL_AS(&v.w, ben, "room.leave", "{\"room\":\"%lld\"}", (long long)room)->err,
              ERR_OK);
    CU_ASSERT_FALSE(may_read(&v, v.w.ben, id));
    struct answer_got *got = CALL_AS(&v.w, ana, "file.drop", "{\"id\":\"%lld\"}", (long long)id);
    CHECK_INT(got->code, 400);
    CHECK_TEXT(got->message, "id is a file that was sent: it goes with its message.");
    world_free(&v);
}

/* ---- listed */

static void a_room_lists_its_files(void)
{
    struct world v = world_new();
    char files[16];
    for (int i = 0; i < 5; i++) {
        (void)snprintf(files, sizeof files, "\"%lld\"", (long long)made(&v, "a"));
        CHECK_INT(sent(&v, "see", files) > 0, true);
    }
    (void)made(&v, "not sent");
    struct answer_got *got = CALL_AS(&v.w, mira, "file.list", "{\"room\":\"1\",\"limit\":2}");
    CHECK_INT(got_count(got, "files"), 2);
    CHECK_TEXT(got_text(got, "files.0.id"), "5");
    CHECK_TEXT(got_text(got, "files.0.name"), "a");
    CHECK_TEXT(got_text(got, "files.0.author.name"), "ana");
    CHECK_TEXT(got_text(got, "more"), "true");
    int64_t message = got_int(got, "files.0.message"), offset = got_int(got, "files.0.offset");
    CU_ASSERT_TRUE(message > 0 && offset > 0 && got_int(got, "files.0.time") > 0);
    got = CALL_AS(&v.w, mira, "file.list", "{\"room\":\"1\",\"before\":\"4\"}");
    CHECK_INT(got_count(got, "files"), 3);
    CHECK_TEXT(got_text(got, "files.2.id"), "1");
    CHECK_TEXT(got_text(got, "more"), "false");
    CHECK_INT(
        got_count(CALL_AS(&v.w, mira, "file.list", "{\"room\":\"1\",\"before\":\"1\"}"), "files"),
        0);
    int64_t room = place_room(&v.w, &v.w.as_ana, "two", true);
    CHECK_INT(CALL_AS(&v.w, mira, "file.list", "{\"room\":\"%lld\"}", (long long)room)->err,
              ERR_DENIED);
    static const char *const wrong[][2] = {{"{}", "room"},
                                           {"{\"room\":\"1\",\"before\":\"x\"}", "before"},
                                           {"{\"room\":\"1\",\"limit\":0}", "limit"},
                                           {"{\"room\":\"1\",\"limit\":201}", "limit"}};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        CHECK_TEXT(CALL_AS(&v.w, mira, "file.list", "%s", wrong[i][0])->field, wrong[i][1]);
    world_free(&v);
}

/* ---- found */

static void check_finds(struct world *v, const char *query, const char *ids)
{
    char params[160];
    for (int i = 0; i < 2; i++) {
        (void)snprintf(params, sizeof params, "{\"query\":\"%s\",\"order\":\"%s\"}", query,
                       i ? "rank" : "time");
        const char *found = find(&v->w, &v->w.as_mira, params);
        if (i == 0 || !strchr(ids, ' ')) /* by rank the order is another */
            CHECK_TEXT(found, ids);
    }
}

static void check_search(struct world *v)
{
    check_finds(v, "has:file", "3 2");
    check_finds(v, "-has:file", "1");
    check_finds(v, "report", "3 1");
    check_finds(v, "report has:file", "3");
    check_finds(v, "quarterly", "3");
    check_finds(v, "\\\"report final\\\"", "3"); /* signs between words are none */
    check_finds(v, "budget", "3");               /* the second name */
    check_finds(v, "holiday png", "2");
    check_finds(v, "quarterly minutes", "3"); /* one in the name, one in the text */
    check_finds(v, "-quarterly has:file", "2");
    check_finds(v, "exe", "");
    struct answer_got *got =
        CALL_AS(&v->w, mira, "message.search", "{\"query\":\"quarterly minutes\"}");
    CHECK_TEXT(got_text(got, "messages.0.marks"), "[[4,7]]"); /* "the minutes": the text alone */
    got = CALL_AS(&v->w, mira, "message.search", "{\"query\":\"holiday\"}");
    CHECK_TEXT(got_text(got, "messages.0.marks"), "[]");
    got = CALL_AS(&v->w, mira, "message.search", "{\"query\":\"\\\"minutes quarterly\\\"\"}");
    CHECK_TEXT(got_text(got, "messages.0.marks"), "[]"); /* over the border: found, not marked */
}

static void files_are_found_by_name_before_and_after_they_are_in_the_index(void)
{
    struct world v = world_new();
    (void)made(&v, "Holiday.PNG");
    (void)made(&v, "quarterly_report-final.pdf");
    (void)made(&v, "budget \\\"2026\\\".ods");
    CHECK_INT(place_send(&v.w, &v.w.as_ana, 1, "a report without a file"), 1);
    CHECK_INT(sent(&v, "", "\"1\""), 2);
    CHECK_INT(sent(&v, "the minutes", "\"2\",\"3\""), 3);
    check_search(&v);
    index_all(&v.w);
    check_index(&v.w);
    check_search(&v);
    CHECK_INT(CALL_AS(&v.w, ana, "message.edit",
                      "{\"room\":\"1\",\"id\":\"3\",\"text\":\"the minutes\\n\"}")
                  ->err,
              ERR_OK);
    CHECK_INT(
        CALL_AS(&v.w, ana, "message.edit", "{\"room\":\"1\",\"id\":\"2\",\"text\":\"sunny\"}")->err,
        ERR_OK);
    check_finds(&v, "sunny holiday", "2");
    CHECK_INT(CALL_AS(&v.w, ana, "message.delete", "{\"room\":\"1\",\"id\":\"3\"}")->err, ERR_OK);
    check_finds(&v, "quarterly", "");
    check_finds(&v, "has:file", "2");
    check_index(&v.w);
    world_free(&v);
}

/* ---- gone */

static void a_deletion_takes_them(void)
{
    struct world v = world_new();
    (void)made(&v, "secretive.txt");
    (void)made(&v, "other.txt");
    int64_t id = sent(&v, "see", "\"1\"");
    (void)sent(&v, "see", "\"2\"");
    CHECK_INT(CALL_AS(&v.w, ana, "message.edit",
                      "{\"room\":\"1\",\"id\":\"%lld\",\"text\":\"look\"}", (long long)id)
                  ->err,
              ERR_OK);
    struct heard p = pub_last(PUB_STREAM, "room:1", "message_edited");
    CHECK_TEXT(json_look(p.data, "message.files.0.name"), "secretive.txt"); /* an edit keeps them */
    CHECK_INT(
        CALL_AS(&v.w, ana, "message.delete", "{\"room\":\"1\",\"id\":\"%lld\"}", (long long)id)
            ->err,
        ERR_OK);
    CHECK_INT(look(&v, "SELECT count(*) FROM file"), 1);
    CHECK_INT(look(&v, "SELECT count(*) FROM message WHERE files <> ''"), 1);
    CHECK_INT(look(&v, "SELECT count(*) FROM stream WHERE data LIKE '%secretive%'"), 0);
    CU_ASSERT_FALSE(may_read(&v, v.w.ana, 1));
    files_swept(&v.f, FILES_SWEEP_MS);
    CHECK_INT(files_on_disk(&v.f, ""), 1);
    CU_ASSERT_TRUE(may_read(&v, v.w.ben, 2));
    world_free(&v);
}

static void keep_now(struct world *v)
{
    place_tick(&v->w, MINUTE_MS);
    for (int i = 0; i < 20; i++)
        place_tick(&v->w, 200);
}

static void retention_takes_them(void)
{
    place_keep_messages = 1;
    struct world v = world_new();
    place_keep_messages = 0;
    (void)made(&v, "old");
    (void)made(&v, "new");
    (void)sent(&v, "see", "\"1\"");
    (void)sent(&v, "see", "\"2\"");
    keep_now(&v);
    CHECK_INT(look(&v, "SELECT count(*) FROM message WHERE room_id = 1"), 1);
    CHECK_INT(look(&v, "SELECT count(*) FROM file"), 1);
    CHECK_INT(look(&v, "SELECT count(*) FROM file_gone"), 1);
    files_swept(&v.f, FILES_SWEEP_MS);
    CHECK_INT(files_on_disk(&v.f, ""), 1);
    CU_ASSERT_TRUE(may_read(&v, v.w.ben, 2));
    world_free(&v);
}

/* The bound is 4 MiB, the database some hundred KiB, the file 3 MiB: one is there, two are too much. */
static void a_bound_of_size_counts_their_bytes(void)
{
    static char large[3 * MIB];
    struct world v = world_new();
    (void)files_made(&v.f, "large", (struct text){large, sizeof large});
    (void)files_made(&v.f, "large", (struct text){large, sizeof large});
    (void)sent(&v, "first", "\"1\"");
    (void)sent(&v, "second", "\"2\"");
    struct answer_got *got = CALL_AS(&v.w, root, "place.preview", "{\"keep_bytes\":8388608}");
    CHECK_TEXT(got_text(got, "messages"), "0");
    got = CALL_AS(&v.w, root, "place.preview", "{\"keep_bytes\":4194304}");
    CU_ASSERT_TRUE(got_int(got, "messages") >= 1);
    CHECK_INT(CALL_AS(&v.w, root, "place.update", "{\"keep_bytes\":8388608}")->err, ERR_OK);
    keep_now(&v);
    CHECK_INT(look(&v, "SELECT count(*) FROM file"), 2);
    CHECK_INT(CALL_AS(&v.w, root, "place.update", "{\"keep_bytes\":4194304}")->err, ERR_OK);
    keep_now(&v);
    CU_ASSERT_TRUE(look(&v, "SELECT count(*) FROM file") < 2);
    world_free(&v);
}

static void erase_ana(struct world *v, const char *messages)
{
    CHECK_INT(
        CALL_AS(&v->w, root, "user.erase", "{\"user\":\"ana\",\"messages\":\"%s\"}", messages)->err,
        ERR_OK);
    for (int i = 0; i < 1000 && look(v, "SELECT count(*) FROM erasure WHERE ended_ms = 0"); i++)
        place_tick(&v->w, 200);
}

static void an_erasure_takes_them_with_the_messages(void)
{
    for (int deletes = 0; deletes < 2; deletes++) {
        struct world v = world_new();
        (void)made(&v, "sent.txt");
        (void)made(&v, "loose.txt");
        (void)sent(&v, "see", "\"1\"");
        erase_ana(&v, deletes ? "delete" : "keep");
        CHECK_INT(look(&v, "SELECT count(*) FROM file"), !deletes);
        CHECK_INT(look(&v, "SELECT count(*) FROM stream WHERE data LIKE '%sent.txt%'"), !deletes);
        files_swept(&v.f, FILES_SWEEP_MS);
        CHECK_INT(files_on_disk(&v.f, ""), !deletes);
        CHECK_INT(may_read(&v, v.w.ben, 1), !deletes);
        world_free(&v);
    }
}

UNIT("chat/file", CASE(a_message_tells_of_its_files_everywhere),
     CASE(text_may_be_missing_with_files_alone), CASE(a_wrong_file_sends_nothing),
     CASE(the_same_key_gives_the_first_result), CASE(who_may_read_the_message_may_read_its_files),
     CASE(a_room_lists_its_files),
     CASE(files_are_found_by_name_before_and_after_they_are_in_the_index),
     CASE(a_deletion_takes_them), CASE(retention_takes_them),
     CASE(a_bound_of_size_counts_their_bytes), CASE(an_erasure_takes_them_with_the_messages))
