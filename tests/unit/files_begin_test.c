/* Guards: file.begin and file.drop: a place for the bytes, one for each key, bounded by person and place; what is taken back, is not
 * sent in a day, or was a person's who is erased, leaves rows and disk. */
#include "base/metrics.h"
#include "files_place.h"
#include "unit.h"

static void wrong_parameters_are_named(void)
{
    static const struct {
        const char *params, *field, *message;
        enum err err;
    } rows[] = {
        {"{\"size\":1,\"key\":\"k\"}", "name", "name is missing.", ERR_BAD_REQUEST},
        {"{\"name\":\"\",\"size\":1,\"key\":\"k\"}", "name", "name must have 1 to 200 characters.",
         ERR_BAD_REQUEST},
        {"{\"name\":\"a/b\",\"size\":1,\"key\":\"k\"}", "name",
         "name must be the name of a file: without /, \\ and control characters.", ERR_BAD_REQUEST},
        {"{\"name\":\"a\\\\b\",\"size\":1,\"key\":\"k\"}", "name",
         "name must be the name of a file: without /, \\ and control characters.", ERR_BAD_REQUEST},
        {"{\"name\":\"a\\nb\",\"size\":1,\"key\":\"k\"}", "name",
         "name must be the name of a file: without /, \\ and control characters.", ERR_BAD_REQUEST},
        {"{\"name\":\"a\\u0085b\",\"size\":1,\"key\":\"k\"}", "name",
         "name must be the name of a file: without /, \\ and control characters.", ERR_BAD_REQUEST},
        {"{\"name\":\"..\",\"size\":1,\"key\":\"k\"}", "name",
         "name must be the name of a file: without /, \\ and control characters.", ERR_BAD_REQUEST},
        {"{\"name\":\"a\",\"key\":\"k\"}", "size", "size is missing.", ERR_BAD_REQUEST},
        {"{\"name\":\"a\",\"size\":-1,\"key\":\"k\"}", "size",
         "size must be a whole number from 0 to 1125899906842624.", ERR_BAD_REQUEST},
        {"{\"name\":\"a\",\"size\":1}", "key", "key is missing.", ERR_BAD_REQUEST},
        {"{\"name\":\"a\",\"size\":1,\"key\":\"\"}", "key", "key must have 1 to 64 bytes.",
         ERR_BAD_REQUEST},
        {"{\"name\":\"crash.log\",\"size\":4194305,\"key\":\"k\"}", "size",
         "crash.log is 4.1 MB; 4 MB is the most here.", ERR_LIMIT},
        {"{\"name\":\"film\",\"size\":32505856,\"key\":\"k\"}", "size",
         "film is 31 MB; 4 MB is the most here.", ERR_LIMIT},
        {"{\"name\":\"film\",\"size\":1125899906842624,\"key\":\"k\"}", "size",
         "film is 1024 TB; 4 MB is the most here.", ERR_LIMIT},
    };
    struct files_place w = files_place_new();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct answer_got *got = product_call(w.p, &w.as_ada, "file.begin", "%s", rows[i].params);
        CHECK_INT(got->err, rows[i].err);
        CHECK_TEXT(got->field, rows[i].field);
        CHECK_TEXT(got->message, rows[i].message);
    }
    CHECK_INT(files_begin(&w, &w.as_ada, "a", 4 * MIB, "k")->err, ERR_OK); /* as large as may be */
    CHECK_INT(files_look_int(&w, "SELECT count(*) FROM file"), 1);
    files_place_free(&w);
}

static void who_asks_must_be_here(void)
{
    struct files_place w = files_place_new();
    struct actor nobody = actor_nobody(), gone = actor_user(99);
    CHECK_INT(files_begin(&w, &nobody, "a", 1, "k")->err, ERR_UNAUTHORIZED);
    CHECK_INT(files_begin(&w, &gone, "a", 1, "k")->err, ERR_UNAUTHORIZED);
    CHECK_INT(product_call(w.p, &gone, "file.drop", "{\"id\":\"1\"}")->err, ERR_UNAUTHORIZED);
    files_place_free(&w);
}

static void a_key_is_one_file_of_its_author(void)
{
    struct files_place w = files_place_new();
    struct answer_got *got = files_begin(&w, &w.as_ada, "a \\\"b\\\".txt", 10, "k");
    CHECK_TEXT(got->json, "{\"id\":\"1\",\"offset\":0,\"size\":10}");
    CHECK_TEXT(files_begin(&w, &w.as_ada, "a \\\"b\\\".txt", 10, "k")->json,
               "{\"id\":\"1\",\"offset\":0,\"size\":10}");
    got = files_begin(&w, &w.as_ada, "b", 10, "k");
    CHECK_INT(got->err, ERR_CONFLICT);
    CHECK_TEXT(got->field, "key");
    CHECK_INT(files_begin(&w, &w.as_ada, "a", 11, "k")->err, ERR_CONFLICT);
    CHECK_TEXT(files_begin(&w, &w.as_bob, "b", 11, "k")->json,
               "{\"id\":\"2\",\"offset\":0,\"size\":11}");
    files_place_free(&w);
}

static void a_person_has_a_few_that_are_not_sent(void)
{
    struct files_place w = files_place_new();
    char key[16];
    for (int i = 0; i < FILES_LOOSE_MAX; i++) {
        (void)snprintf(key, sizeof key, "k%d", i);
        CHECK_INT(files_begin(&w, &w.as_ada, "a", 1, key)->err, ERR_OK);
    }
    struct answer_got *got = files_begin(&w, &w.as_ada, "a", 1, "more");
    CHECK_INT(got->code, 400);
    CHECK_TEXT(got->message, "20 files of yours have not been sent yet; send or drop one first.");
    CHECK_INT(files_begin(&w, &w.as_ada, "a", 1, "k0")->err, ERR_OK); /* is there */
    CHECK_INT(files_begin(&w, &w.as_bob, "a", 1, "more")->err, ERR_OK);
    CHECK_INT(product_call(w.p, &w.as_ada, "file.drop", "{\"id\":\"1\"}")->err, ERR_OK);
    CHECK_INT(files_begin(&w, &w.as_ada, "a", 1, "more")->err, ERR_OK);
    files_place_free(&w);
}

static void all_files_together_have_a_bound(void)
{
    place_files_limit = 100;
    struct files_place w = files_place_new();
    CHECK_INT(files_begin(&w, &w.as_ada, "a", 60, "k1")->err, ERR_OK);
    struct answer_got *got = files_begin(&w, &w.as_bob, "b", 41, "k");
    CHECK_INT(got->code, 108);
    CHECK_TEXT(got->field, "size");
    CHECK_TEXT(got->message,
               "There is no room left for files: all of them together may have 100 bytes here.");
    CHECK_INT(files_begin(&w, &w.as_bob, "b", 40, "k")->err, ERR_OK);
    CHECK_INT(files_begin(&w, &w.as_bob, "b", 0, "empty")->err, ERR_OK);
    CHECK_INT(product_call(w.p, &w.as_ada, "file.drop", "{\"id\":\"1\"}")->err, ERR_OK);
    CHECK_INT(files_begin(&w, &w.as_bob, "b", 60, "k2")->err, ERR_OK);
    files_place_free(&w);
    place_files_limit = 0;
}

static void only_the_author_takes_it_back(void)
{
    struct files_place w = files_place_new();
    int64_t id = files_made(&w, "a", TEXT("hello"));
    static const char *const wrong[] = {"{\"id\":\"9\"}", "{\"id\":\"1\"}"};
    for (size_t i = 0; i < 2; i++) {
        struct answer_got *got = product_call(w.p, &w.as_bob, "file.drop", "%s", wrong[i]);
        CHECK_INT(got->err, ERR_NOT_FOUND);
        CHECK_TEXT(got->field, "id");
    }
    CHECK_TEXT(product_call(w.p, &w.as_bob, "file.drop", "{}")->message, "id is missing.");
    CHECK_TEXT(product_call(w.p, &w.as_bob, "file.drop", "{\"id\":\"x\"}")->message,
               "id must be an id.");
    CHECK_INT(files_on_disk(&w, ""), 1);
    CHECK_TEXT(product_call(w.p, &w.as_ada, "file.drop", "{\"id\":\"%lld\"}", (long long)id)->json,
               "{}");
    CHECK_INT(files_look_int(&w, "SELECT count(*) FROM file"), 0);
    CHECK_INT(files_on_disk(&w, ""), 1); /* until a sweep */
    files_swept(&w, FILES_SWEEP_MS);
    CHECK_INT(files_on_disk(&w, ""), 0);
    CHECK_INT(files_look_int(&w, "SELECT count(*) FROM file_gone"), 0);
    files_place_free(&w);
}

static void what_is_not_sent_goes_after_a_day(void)
{
    struct files_place w = files_place_new();
    struct taken t;
    (void)files_made(&w, "whole", TEXT("hello"));
    int64_t id = got_int(files_begin(&w, &w.as_bob, "begun", 10, "k"), "id");
    CHECK_INT(files_put(&w, w.bob, id, 0, TEXT("hel"), &t), ERR_OK);
    files_swept(&w, FILES_LOOSE_MS);
    CHECK_INT(files_on_disk(&w, ""), 2);
    CHECK_INT(metric_get(METRIC_files_bytes), 15);
    (void)files_made(&w, "new", TEXT("hello"));
    files_swept(&w, FILES_SWEEP_MS); /* the rows are a moment older than a day */
    files_swept(&w, 0);
    CHECK_INT(files_on_disk(&w, ""), 1);
    CHECK_INT(files_on_disk(&w, ".part"), 0);
    CHECK_INT(files_look_int(&w, "SELECT count(*) FROM file_gone"), 0);
    CHECK_INT(files_put(&w, w.bob, id, 3, TEXT("lo"), &t), ERR_NOT_FOUND);
    files_place_free(&w);
}

/* More than a sweep takes at once; one whose bytes cannot be taken away stays to be tried again, and the others go. */
static void many_go_in_several_sweeps(void)
{
    struct files_place w = files_place_new();
    char blob[64], path[1024];
    for (int i = 0; i < 120; i++) {
        (void)files_made(&w, "a", TEXT("hello"));
        if (i == 60)
            must(test_look(w.p->folder.path, "SELECT blob FROM file ORDER BY id DESC", blob));
        if (i % 10 == 9)
            test_change(w.p->folder.path,
                        "INSERT INTO file_gone SELECT blob FROM file; DELETE FROM file");
    }
    (void)snprintf(path, sizeof path, "%s/%.2s/%s", w.folder, blob, blob);
    must(unlink(path) == 0 && mkdir(path, 0700) == 0);
    for (int i = 0; i < 4; i++)
        files_swept(&w, FILES_SWEEP_MS);
    CHECK_INT(files_on_disk(&w, ""), 0);
    CHECK_INT(files_look_int(&w, "SELECT count(*) FROM file_gone"), 1);
    must(rmdir(path) == 0);
    files_swept(&w, FILES_SWEEP_MS);
    CHECK_INT(files_look_int(&w, "SELECT count(*) FROM file_gone"), 0);
    files_place_free(&w);
}

/* A reader is held while the tasks end: what it finds then waits for the next start. */
static void a_stop_in_a_sweep_leaves_the_rest_to_the_next(void)
{
    struct files_place w = files_place_new();
    int64_t id = files_made(&w, "a", TEXT("hello"));
    CHECK_INT(product_call(w.p, &w.as_ada, "file.drop", "{\"id\":\"%lld\"}", (long long)id)->err,
              ERR_OK);
    struct gate gates[2];
    for (size_t i = 0; i < 2; i++)
        gate_close(&gates[i], reader_submit, w.p->store);
    product_advance(w.p, FILES_SWEEP_MS);
    files_tick(w.files); /* its look waits behind the gates */
    files_stop(w.files);
    w.p->tasks = task_queue_free(w.p->tasks);
    for (size_t i = 0; i < 2; i++)
        gate_open(&gates[i]);
    int64_t until_ms = test_now_ms() + PATIENCE_MS;
    while (files_sweeping(w.files) && test_now_ms() < until_ms)
        (void)sched_yield();
    for (size_t i = 0; i < 2; i++)
        gate_fini(&gates[i]);
    CHECK_INT(files_on_disk(&w, ""), 1);
    files_place_reopen(&w);
    files_swept(&w, FILES_SWEEP_MS);
    CHECK_INT(files_on_disk(&w, ""), 0);
    files_place_free(&w);
}

/* Names of which the bytes are gone already, or never came. */
static void a_sweep_that_was_cut_is_done_again(void)
{
    struct files_place w = files_place_new();
    (void)files_begin(&w, &w.as_ada, "never came", 5, "k");
    test_change(w.p->folder.path, "INSERT INTO file_gone SELECT blob FROM file; DELETE FROM file");
    files_place_reopen(&w);
    files_swept(&w, FILES_SWEEP_MS);
    CHECK_INT(files_look_int(&w, "SELECT count(*) FROM file_gone"), 0);
    files_place_free(&w);
}

static void who_is_erased_takes_along_what_was_not_sent(void)
{
    struct files_place w = files_place_new();
    struct actor root = actor_admin(product_admin(w.p, "root"));
    (void)files_made(&w, "a", TEXT("hello"));
    CHECK_INT(files_begin(&w, &w.as_bob, "b", 5, "k")->err, ERR_OK);
    CHECK_INT(
        product_call(w.p, &root, "user.erase", "{\"user\":\"ada\",\"messages\":\"keep\"}")->err,
        ERR_OK);
    CHECK_INT(files_look_int(&w, "SELECT count(*) FROM file"), 1); /* Bob's */
    files_swept(&w, FILES_SWEEP_MS);
    CHECK_INT(files_on_disk(&w, ""), 0);
    CHECK_INT(files_begin(&w, &w.as_ada, "a", 5, "k")->err, ERR_UNAUTHORIZED);
    files_place_free(&w);
}

UNIT("files/begin", CASE(wrong_parameters_are_named), CASE(who_asks_must_be_here),
     CASE(a_key_is_one_file_of_its_author), CASE(a_person_has_a_few_that_are_not_sent),
     CASE(all_files_together_have_a_bound), CASE(only_the_author_takes_it_back),
     CASE(what_is_not_sent_goes_after_a_day), CASE(many_go_in_several_sweeps),
     CASE(a_sweep_that_was_cut_is_done_again), CASE(a_stop_in_a_sweep_leaves_the_rest_to_the_next),
     CASE(who_is_erased_takes_along_what_was_not_sent))
