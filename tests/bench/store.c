/* store: what the database costs, inside one process and without a network. A line of JSON each.
 *
 *     bench_store bare BATCH SECONDS    the rows of a message, by a bare loop: so many a synced commit. Rows a second
 *     bench_store fill FOLDER ROWS [ROOMS [unindexed]]  makes FOLDER/snug.db with so many messages, one each 100 s, nearly
 *                                              all in room 1 and of nook (few of ana, and few in the other ROOMS, 1), for
 *                                              these; unindexed: in half the time, and no search finds one
 *     bench_store page FOLDER SECONDS [PLACE]  the page of 50 at the end of room 1, in its middle, or at its start
 *     bench_store search FOLDER SECONDS QUERY [PARAMETERS [WHO]]  one search after the other: as ana, as ben, who is only
 *                                              in the other rooms, or as kim, who is in all. PARAMETERS: more of
 *                                              message.search, ',"order":"rank"'
 *     bench_store recover FOLDER CLIENTS       so many clients at once who each missed 100 messages
 *
 * `bare` uses the statements of the product on one connection of its own; the rest is the product's own code. */
#define PLACE_RECOVERY_MAX 1000
#include "chat_place.h"
#include "store/connection.h"

#include <semaphore.h>
#include <time.h>

#define FILL_MERGE_PAGES 500
#define FILL_BATCH 5000
#define TEXT_BYTES 200
#define IN_FLIGHT 64     /* of pages */
#define RARE_EVERY 50000 /* has the word, another one is ana's */
#define SMALL_ROOM_EVERY 5000
#define ROW_MS INT64_C(100000) /* a million are three years */
#define TIMES_MAX 100000
#define KIM 5      /* the id */
#define MISSED 100 /* messages of each client */

static void need(bool yes, const char *what)
{
    if (yes)
        return;
    (void)fprintf(stderr, "bench_store: %s\n", what);
    abort();
}

static double seconds(clockid_t clock)
{
    struct timespec t;
    need(clock_gettime(clock, &t) == 0, "no clock");
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* ---- rows of messages */

static uint32_t chance(uint32_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    return *state ^= *state << 5;
}

/* Words of a vocabulary in which some are much more common than others; each has `common`, few have `rare`. */
static void write_text(char out[TEXT_BYTES + 1], int64_t row)
{
    uint32_t state = (uint32_t)row * 2654435761U + 1;
    int n = snprintf(out, TEXT_BYTES + 1, "common %s", row % RARE_EVERY == 7 ? "rare " : "");
    while (n < TEXT_BYTES) {
        uint32_t a = chance(&state) % 300, b = chance(&state) % 300;
        n += snprintf(out + n, (size_t)(TEXT_BYTES + 1 - n), "w%u ", a * b);
    }
}

static int64_t one_number(struct query *q)
{
    int64_t n;
    need(query_number(q, &n) == ERR_OK, "a query failed");
    return n;
}

static void run(struct query *q)
{
    need(query_run(q) == ERR_OK, "a statement failed");
}

/* What message.send changes, without its rights and mentions. */
static void insert_row(struct db *db, int64_t row, int64_t small_rooms)
{
    char text[TEXT_BYTES + 1], key[32], event[TEXT_BYTES + 256];
    int64_t now_ms = INT64_C(1700000000000) + row * ROW_MS, author = row % RARE_EVERY == 9 ? 2 : 1,
            room = row % SMALL_ROOM_EVERY == 11 ? 2 + row / SMALL_ROOM_EVERY % small_rooms : 1;
    write_text(text, row);
    (void)snprintf(key, sizeof key, "key-%lld", (long long)row);
    struct query *q = db_query(db, QUERY_CHAT_ROOM_TOP);
    query_int(q, 1, room);
    int64_t offset = one_number(q) + 1;
    q = db_query(db, QUERY_CHAT_MESSAGE_INSERT);
    query_int(q, 1, room);
    query_int(q, 2, offset);
    query_int(q, 3, author);
    query_text(q, 4, text_of(text));
    query_int(q, 5, now_ms);
    query_text(q, 6, text_of(key));
    query_int(q, 7, 0);
    query_text(q, 8, TEXT(""));
    query_int(q, 9, 0);
    query_text(q, 10, TEXT(""));
    run(q);
    int64_t id = db_last_id(db);
    q = db_query(db, QUERY_CHAT_SEND_KEY_INSERT);
    query_int(q, 1, author);
    query_text(q, 2, text_of(key));
    query_int(q, 3, id);
    query_int(q, 4, offset);
    query_int(q, 5, now_ms);
    run(q);
    q = db_query(db, QUERY_CHAT_ROOM_TOP_SET);
    query_int(q, 1, room);
    query_int(q, 2, offset);
    query_int(q, 3, now_ms);
    run(q);
    (void)snprintf(
        event, sizeof event,
        "{\"type\":\"message_created\",\"message\":{\"id\":\"%lld\",\"room\":\"1\",\"offset\":%lld,"
        "\"author\":{\"id\":\"1\",\"name\":\"nook\",\"display\":\"Nook\",\"role\":\"agent\"},"
        "\"text\":\"%s\",\"time\":%lld,\"key\":\"%s\"}}",
        (long long)id, (long long)offset, text, (long long)now_ms, key);
    q = db_query(db, QUERY_CHAT_STREAM_INSERT);
    query_int(q, 1, room);
    query_int(q, 2, offset);
    query_int(q, 3, now_ms);
    query_text(q, 4, text_of(event));
    run(q);
}

static struct db *open_alone(const char *path)
{
    struct db *db = NULL;
    char error[ERROR_SIZE];
    need(db_open(path, &db, error) == ERR_OK, error);
    return db;
}

static void control(struct db *db, enum control which)
{
    need(connection_control(db, which) == ERR_OK, "a transaction failed");
}

/* As chat/index.c does it. */
static void merge(struct db *db)
{
    for (int64_t before = 0, after = 2; after - before >= 2;) {
        before = one_number(db_query(db, QUERY_CHAT_INDEX_CHANGES));
        struct query *q = db_query(db, QUERY_CHAT_INDEX_MERGE);
        query_int(q, 1, FILL_MERGE_PAGES);
        run(q);
        after = one_number(db_query(db, QUERY_CHAT_INDEX_CHANGES));
    }
}

/* All are in the index, or said to be, as the product leaves it when it has nothing more to do. */
static void fill(const char *path, int64_t rows, int64_t small_rooms, bool indexed)
{
    struct db *db = open_alone(path);
    struct query *q = db_query(db, QUERY_CHAT_WATERMARK_GET);
    int64_t watermark = one_number(q);
    for (int64_t row = 0; row < rows;) {
        control(db, CONTROL_BEGIN_IMMEDIATE);
        for (int i = 0; i < FILL_BATCH && row < rows; i++)
            insert_row(db, row++, small_rooms);
        int64_t last = db_last_id(db);
        q = db_query(db, QUERY_CHAT_WATERMARK_SET);
        query_int(q, 1, last);
        run(q);
        if (indexed) {
            q = db_query(db, QUERY_CHAT_INDEX_INSERT);
            query_int(q, 1, watermark);
            query_int(q, 2, last);
            run(q);
            merge(db);
        }
        watermark = last;
        control(db, CONTROL_COMMIT);
        if (row % ((int64_t)20 * FILL_BATCH) == 0) { /* the log would be as long as the database */
            need(connection_exec(db, "PRAGMA wal_checkpoint(TRUNCATE)") == ERR_OK, "no checkpoint");
            (void)fprintf(stderr, "\r%lld of %lld messages", (long long)row, (long long)rows);
        }
    }
    (void)fputc('\r', stderr);
    db_close(db);
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Sorts them. */
static void print_times(double *took, size_t n)
{
    qsort(took, n, sizeof took[0], by_size);
    (void)printf("\"p50_us\":%.0f,\"p99_us\":%.0f}\n", took[n / 2] * 1e6, took[n * 99 / 100] * 1e6);
}

static void bare(int64_t batch, int64_t for_s)
{
    static double took[TIMES_MAX]; /* commits */
    struct tmpdb folder = tmpdb_make();
    struct db *db = open_alone(folder.path);
    int64_t rows = 0;
    size_t n = 0;
    need(
        connection_exec(
            db,
            "INSERT INTO user (name, display, role, created_ms) VALUES ('ana', 'ana', 'member', 1);"
            "INSERT INTO room (name, private, created_ms, created_by, epoch) VALUES ('small', 1, "
            "1, 2, 'e');") == ERR_OK,
        "no people");
    double began = seconds(CLOCK_MONOTONIC), now = began;
    while (n < TIMES_MAX && now - began < (double)for_s) {
        control(db, CONTROL_BEGIN_IMMEDIATE);
        for (int64_t i = 0; i < batch; i++)
            insert_row(db, rows++, 1);
        double before = seconds(CLOCK_MONOTONIC);
        control(db, CONTROL_COMMIT);
        now = seconds(CLOCK_MONOTONIC);
        took[n++] = now - before;
    }
    (void)printf("{\"received\":%lld,\"seconds\":%.6f,", (long long)rows, now - began);
    print_times(took, n);
    db_close(db);
    tmpdb_remove(&folder);
}

/* ---- the product, with the messages that are there */

static struct tmpdb folder_of(const char *name)
{
    struct tmpdb folder;
    need(text_copy(folder.folder, sizeof folder.folder, text_of(name)) == strlen(name),
         "a shorter name");
    (void)snprintf(folder.path, sizeof folder.path, "%s/snug.db", name);
    return folder;
}

/* As place_new, in that folder, and kim. */
static void found(const char *name, int64_t rows, int64_t small_rooms, bool indexed)
{
    struct place w = {.p = product_in(folder_of(name))};
    place_open_chat(&w);
    (void)product_person(w.p, "ana");
    (void)product_person(w.p, "mira");
    struct actor ben = actor_user(product_person(w.p, "ben"));
    (void)product_person(w.p, "kim");
    for (int64_t room = 2; room < 2 + small_rooms; room++) {
        need(place_room(&w, &ben, "small", true) == room, "another room");
        need(product_call(w.p, &ben, "room.invite", "{\"room\":\"%lld\",\"user\":\"kim\"}",
                          (long long)room)
                     ->err == ERR_OK,
             "not invited");
    }
    must(product_call(w.p, &ben, "room.leave", "{\"room\":\"1\"}")->err == ERR_OK);
    place_close(&w);
    fill(w.p->folder.path, rows, small_rooms, indexed);
    free(w.p);
}

static struct place visit(const char *name)
{
    struct place w = {.p = product_in(folder_of(name)), .ana = 2, .mira = 3, .ben = 4};
    place_open_chat(&w);
    w.as_ana = actor_user(w.ana);
    w.as_mira = actor_user(w.mira);
    w.as_ben = actor_user(w.ben);
    return w;
}

static void leave(struct place *w)
{
    place_close(w);
    free(w->p);
}

static sem_t free_places;
static _Atomic int64_t answered;

static void wait_for_one(void)
{
    need(sem_wait(&free_places) == 0, "no semaphore");
}

static void on_page(struct reply r, const struct outcome *o)
{
    (void)r;
    need(o->err == ERR_OK && o->json.len > (size_t)50 * TEXT_BYTES, "a page failed");
    need(sem_post(&free_places) == 0, "no semaphore");
}

/* What message.list is asked for. */
static void write_place(struct place *w, const char *where, char out[96])
{
    long long top =
        got_int(CALL_AS(w, ana, "message.list", "{\"room\":\"1\",\"limit\":1}"), "offset");
    if (strcmp(where, "middle") == 0)
        (void)snprintf(out, 96, "{\"room\":\"1\",\"limit\":50,\"around\":%lld}", top / 2);
    else if (strcmp(where, "start") == 0)
        (void)snprintf(out, 96, "{\"room\":\"1\",\"limit\":50,\"after\":0}");
    else
        (void)snprintf(out, 96, "{\"room\":\"1\",\"limit\":50}");
}

static void page(const char *folder, int64_t for_s, const char *where)
{
    char asked_for[96];
    struct place w = visit(folder);
    write_place(&w, where, asked_for);
    need(sem_init(&free_places, 0, IN_FLIGHT) == 0, "no semaphore");
    double began = seconds(CLOCK_MONOTONIC), cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
    int64_t asked = 0;
    for (; seconds(CLOCK_MONOTONIC) - began < (double)for_s; asked++) {
        wait_for_one();
        method_call(&w.p->table, TEXT("message.list"), text_of(asked_for), &w.as_ana,
                    (struct reply){.done = on_page});
    }
    for (int i = 0; i < IN_FLIGHT; i++)
        wait_for_one();
    cpu = seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu;
    (void)printf("{\"received\":%lld,\"seconds\":%.6f,\"cpu_s\":%.6f}\n", (long long)asked,
                 seconds(CLOCK_MONOTONIC) - began, cpu);
    leave(&w);
}

static void search(const char *folder, int64_t for_s, const char *query, const char *more,
                   const char *who)
{
    static double took[TIMES_MAX];
    struct place w = visit(folder);
    const struct actor as = strcmp(who, "ben") == 0   ? w.as_ben
                            : strcmp(who, "kim") == 0 ? actor_user(KIM)
                                                      : w.as_ana;
    size_t n = 0;
    double began = seconds(CLOCK_MONOTONIC), now = began;
    while (n < TIMES_MAX && now - began < (double)for_s) {
        double before = now;
        struct answer_got *got =
            product_call(w.p, &as, "message.search", "{\"query\":\"%s\"%s}", query, more);
        need(got->err == ERR_OK && got_count(got, "messages") > 0, "nothing was found");
        now = seconds(CLOCK_MONOTONIC);
        took[n++] = now - before;
    }
    (void)printf("{\"received\":%zu,\"seconds\":%.6f,", n, now - began);
    print_times(took, n);
    leave(&w);
}

/* Bytes this process had read from the disk, not from the cache. */
static long long disk_reads(void)
{
    char line[128];
    long long bytes = -1;
    FILE *f = fopen("/proc/self/io", "re");
    while (f && fgets(line, sizeof line, f))
        (void)sscanf(line, "read_bytes: %lld", &bytes); /* NOLINT(cert-err34-c): the kernel's own */
    need(f && fclose(f) == 0 && bytes >= 0, "no /proc/self/io");
    return bytes;
}

static void on_recovered(struct stream_asker a, struct stream_page *p)
{
    (void)a;
    need(p->err == ERR_OK && p->complete && p->count == MISSED, "not recovered");
    buf_fini(&p->publications);
    answered++;
    need(sem_post(&free_places) == 0, "no semaphore");
}

static void recover(const char *folder, int64_t clients)
{
    struct place w = visit(folder);
    struct stream_source source = chat_stream_source(w.chat);
    struct stream_query q = {.purpose = STREAM_SUBSCRIBE,
                             .actor = w.as_ana,
                             .channel = "room:1",
                             .has_since = true,
                             .limit = -1};
    need(sem_init(&free_places, 0, 0) == 0, "no semaphore");
    q.since = (uint64_t)got_int(CALL_AS(&w, ana, "message.list", "{\"room\":\"1\",\"limit\":1}"),
                                "offset");
    for (int i = 0; i < MISSED; i++)
        need(CALL_AS(
                 &w, mira, "message.send",
                 "{\"room\":\"1\",\"text\":\"a message as people write them\",\"key\":\"%lld-%d\"}",
                 (long long)q.since, i)
                     ->err == ERR_OK,
             "not sent");
    double began = seconds(CLOCK_MONOTONIC), cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
    long long read = disk_reads();
    for (int64_t i = 0; i < clients; i++)
        while (source.ask(source.ctx, &q, (struct stream_asker){.answer = on_recovered}) != ERR_OK)
            wait_for_one(); /* the queue is full */
    while (answered < clients)
        wait_for_one();
    (void)printf("{\"received\":%lld,\"seconds\":%.6f,\"cpu_s\":%.6f,\"disk_read_bytes\":%lld}\n",
                 (long long)clients, seconds(CLOCK_MONOTONIC) - began,
                 seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu, disk_reads() - read);
    leave(&w);
}

static int usage(void)
{
    (void)fputs(
        "bench_store bare BATCH SECONDS | fill FOLDER ROWS [ROOMS [unindexed]] |\n"
        "            page FOLDER SECONDS [end | middle | start] |\n"
        "            search FOLDER SECONDS QUERY [PARAMETERS [WHO]] | recover FOLDER CLIENTS\n",
        stderr);
    return 2;
}

int main(int argc, char **argv)
{
    if (argc < 4 || argc > 7 || strtoll(argv[3], NULL, 10) < 1 ||
        (strcmp(argv[1], "fill") == 0 && argc > 4 && strtoll(argv[4], NULL, 10) < 1) ||
        (strcmp(argv[1], "fill") == 0 && argc > 5 && strcmp(argv[5], "unindexed") != 0))
        return usage();
    const char *what = argv[1], *where = argv[2];
    int64_t number = strtoll(argv[3], NULL, 10);
    if (strcmp(what, "bare") == 0 && strtoll(where, NULL, 10) > 0)
        bare(strtoll(where, NULL, 10), number);
    else if (strcmp(what, "fill") == 0)
        found(where, number, argc > 4 ? strtoll(argv[4], NULL, 10) : 1, argc < 6);
    else if (strcmp(what, "page") == 0)
        page(where, number, argc > 4 ? argv[4] : "end");
    else if (strcmp(what, "search") == 0 && argc >= 5)
        search(where, number, argv[4], argc > 5 ? argv[5] : "", argc > 6 ? argv[6] : "ana");
    else if (strcmp(what, "recover") == 0)
        recover(where, number);
    else
        return usage();
    return 0;
}
