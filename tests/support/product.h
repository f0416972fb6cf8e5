/* product: a place in a folder of its own for tests of the product's rules: store, tasks, accounts, a clock that the test
 * moves, and calls of methods as any actor, waited for. */
#ifndef SNUG_TESTS_PRODUCT_H
#define SNUG_TESTS_PRODUCT_H

#include "accounts/accounts.h"
#include "base/task_queue.h"
#include "test_store.h"
#include "wire/call.h"
#include "wire/json.h"

#include <stdarg.h>
#include <stdatomic.h>

/* ---- a clock that stands until the test moves it; chance is real */

struct test_clock {
    _Atomic int64_t wall_ms, monotonic_ms;
};

static inline int64_t test_wall(void *ctx)
{
    return atomic_load(&((struct test_clock *)ctx)->wall_ms);
}

static inline int64_t test_monotonic(void *ctx)
{
    return atomic_load(&((struct test_clock *)ctx)->monotonic_ms);
}

static inline void test_random(void *ctx, void *out, size_t len)
{
    (void)ctx;
    env_real.random(env_real.ctx, out, len);
}

/* ---- the place */

#define TEST_SECRET "a secret of tests, long enough"

struct product {
    struct tmpdb folder;
    struct test_clock clock;
    struct env env;
    struct store *store;
    struct task_queue *tasks;
    struct accounts *accounts;
    struct method_table table;
    const struct token_options *token,
        *subscription_token; /* for product_open; NULL: TEST_SECRET */
    /* what close_session was told */
    _Atomic int64_t closed_user, closed_session;
};

static inline void product_closed(void *ctx, int64_t user_id, int64_t session_id)
{
    struct product *p = ctx;
    atomic_store(&p->closed_user, user_id);
    atomic_store(&p->closed_session, session_id);
}

static inline void product_advance(struct product *p, int64_t ms)
{
    atomic_fetch_add(&p->clock.wall_ms, ms);
    atomic_fetch_add(&p->clock.monotonic_ms, ms);
}

/* Opens what is in the folder; the other rooms add their methods to p->table. */
static inline void product_open(struct product *p)
{
    p->table = (struct method_table){0};
    struct store_options store = test_store_options(p->folder.path);
    store.env = &env_real;
    p->store = test_store_open(&store);
    struct task_queue_options tasks = {
        .threads = 2, .capacity = 64, .name = "test-task", .role = &role_task};
    must(task_queue_new(&tasks, &p->tasks) == ERR_OK);
    struct accounts_options options = {
        .env = &p->env,
        .store = p->store,
        .tasks = p->tasks,
        .token = {.hmac_secret_key = TEST_SECRET},
        .base_url = "http://test",
        .version = "1.0-test",
        .connections_max = 10,
        .text_max = 16000,
        .logins_burst = 10,
        .logins_per_s = 0.2,
        .close_session = product_closed,
        .close_ctx = p,
    };
    if (p->token)
        options.token = *p->token;
    options.subscription_token = p->subscription_token;
    char error[256];
    must(accounts_new(&options, &p->accounts, error) == ERR_OK);
    method_table_add(&p->table, accounts_methods(p->accounts));
}

/* The folder is the product's from here on. */
static inline struct product *product_in(struct tmpdb folder)
{
    struct product *p = calloc(1, sizeof *p);
    must(p);
    p->folder = folder;
    atomic_store(&p->clock.wall_ms, INT64_C(1700000000000));
    atomic_store(&p->clock.monotonic_ms, 1000000);
    p->env = (struct env){&p->clock, test_wall, test_monotonic, test_random};
    product_open(p);
    return p;
}

static inline struct product *product_new(void)
{
    return product_in(tmpdb_make());
}

/* Stops everything that has threads; then the rooms may be freed. */
static inline void product_stop(struct product *p)
{
    accounts_stop(p->accounts);
    p->tasks = task_queue_free(p->tasks);
    p->store = store_close(p->store);
}

static inline void product_close(struct product *p)
{
    product_stop(p);
    p->accounts = accounts_free(p->accounts);
}

static inline void product_free(struct product *p)
{
    if (p->accounts)
        product_close(p);
    tmpdb_remove(&p->folder);
    free(p);
}

/* ---- calls */

struct answer_got {
    enum err err;
    int code; /* of the client protocol */
    char *json;
    char field[40], message[200];
    int64_t retry_ms;
    char cookie[64];
    int64_t cookie_age_s;
    unsigned times; /* must be 1 */
    struct future *came;
};

static inline void got_done(struct reply r, const struct outcome *o)
{
    struct answer_got *got = r.owner;
    got->times++;
    got->err = o->err;
    got->code = err_code(o->err);
    got->json = text_dup(o->json);
    text_copy(got->field, sizeof got->field, o->field);
    text_copy(got->message, sizeof got->message, o->message);
    got->retry_ms = o->retry_ms;
    text_copy(got->cookie, sizeof got->cookie, o->cookie);
    got->cookie_age_s = o->cookie_age_s;
    (void)future_fulfil(got->came, ERR_OK, NULL);
}

static inline struct actor actor_nobody(void)
{
    return (struct actor){.right = RIGHT_ANY, .address = "127.0.0.1", .client = "Test, Linux"};
}

static inline struct actor actor_user(int64_t id)
{
    struct actor a = actor_nobody();
    a.user_id = id;
    a.right = RIGHT_USER;
    return a;
}

static inline struct actor actor_admin(int64_t id)
{
    struct actor a = actor_user(id);
    a.right = RIGHT_ADMIN;
    return a;
}

static inline struct actor actor_local(void)
{
    struct actor a = actor_nobody();
    a.right = RIGHT_LOCAL;
    return a;
}

/* The last answer; its texts are good until the next call of this thread. */
static inline struct answer_got *product_call(struct product *p, const struct actor *actor,
                                              const char *method, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

static inline struct answer_got *product_call_text(struct product *p, const struct actor *actor,
                                                   const char *method, struct text params)
{
    static _Thread_local struct answer_got got;
    free(got.json);
    got = (struct answer_got){.came = future_new(NULL)};
    must(got.came);
    method_call(&p->table, text_of(method), params, actor,
                (struct reply){.owner = &got, .done = got_done});
    must(test_wait(future_ref(got.came)) == ERR_OK);
    got.came = future_unref(got.came);
    must(got.times == 1);
    return &got;
}

static inline struct answer_got *product_call(struct product *p, const struct actor *actor,
                                              const char *method, const char *format, ...)
{
    char params[4096];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(params, sizeof params, format, args);
    va_end(args);
    must(n >= 0 && (size_t)n < sizeof params);
    return product_call_text(p, actor, method, text_of(params));
}

/* ---- looking at JSON: "user.name", "rooms.0.unread"; "(absent)" if it is not there. Text is decoded. */

static inline struct text json_at(struct text value, const char *path)
{
    struct text rest = text_of(path), step;
    while (value.len && text_split(&rest, '.', &step)) {
        struct text from = value;
        value = TEXT_NONE;
        if (json_kind(from) == JSON_OBJECT) {
            struct json_member m;
            while (value.len == 0 && json_member(&from, &m))
                if (text_is(text_of(m.key), step))
                    value = m.value;
        } else if (json_kind(from) == JSON_ARRAY) {
            long index = strtol(step.data, NULL, 10);
            struct text element;
            for (long i = 0; json_element(&from, &element); i++)
                if (i == index)
                    value = element;
        }
    }
    return value;
}

static inline const char *json_look(const char *json, const char *path)
{
    static _Thread_local char out[4][8192];
    static _Thread_local unsigned turn;
    char *here = out[turn++ % 4];
    struct text value = json ? json_at(text_of(json), path) : TEXT_NONE;
    if (value.len == 0)
        return "(absent)";
    if (json_kind(value) == JSON_STRING) {
        struct buf b;
        buf_init(&b, sizeof out[0] - 1);
        json_string(value, &b);
        text_copy(here, sizeof out[0], buf_text(&b));
        buf_fini(&b);
    } else {
        text_copy(here, sizeof out[0], value);
    }
    return here;
}

static inline const char *got_text(const struct answer_got *got, const char *path)
{
    return json_look(got->json, path);
}

static inline int64_t got_int(const struct answer_got *got, const char *path)
{
    return strtoll(json_look(got->json, path), NULL, 10);
}

/* How many elements the list has; -1: there is none. */
static inline int got_count(const struct answer_got *got, const char *path)
{
    struct text list = got->json ? json_at(text_of(got->json), path) : TEXT_NONE, element;
    if (list.len == 0 || json_kind(list) != JSON_ARRAY)
        return -1;
    int n = 0;
    while (json_element(&list, &element))
        n++;
    return n;
}

/* ---- people, made by hand: fast, because without a password */

static inline int64_t product_person(struct product *p, const char *name)
{
    struct actor local = actor_local();
    struct answer_got *got = product_call(p, &local, "user.add", "{\"name\":\"%s\"}", name);
    must(got->err == ERR_OK);
    return got_int(got, "user.id");
}

static inline int64_t product_admin(struct product *p, const char *name)
{
    struct actor local = actor_local();
    struct answer_got *got =
        product_call(p, &local, "user.add", "{\"name\":\"%s\",\"admin\":true}", name);
    must(got->err == ERR_OK);
    return got_int(got, "user.id");
}

#endif
