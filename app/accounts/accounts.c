#include "accounts/accounts.h"

#include "accounts/inside.h"
#include "base/future.h"
#include "base/metrics.h"
#include "base/must.h"
#include "store/db.h"
#include "store/store.h"
#include "wire/utf8.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#define LOAD_MS 10000

/* ---- the start: is there an admin already */

struct load {
    struct future *done;
    bool has_admin;
};

static enum err load_run(struct db *db, void *data)
{
    struct load *load = data;
    struct query *q = db_query(db, QUERY_ACCOUNTS_ADMIN_EXISTS);
    if (query_row(q))
        load->has_admin = col_int(q, 0) != 0;
    return query_end(q);
}

static void load_done(void *data, enum err e)
{
    struct load *load = data;
    struct future *done = load->done;
    if (!future_fulfil(done, e, load))
        free(load); /* nobody waits any more */
    (void)future_unref(done);
}

static enum err load_admin(struct accounts *a)
{
    struct load *load = calloc(1, sizeof *load);
    struct future *done = future_new(free);
    if (!load || !done) {
        free(load);
        (void)future_unref(done);
        return ERR_NOMEM;
    }
    load->done = future_ref(done);
    enum err e = reader_submit(a->store, (struct job){load_run, load_done, load});
    void *loaded = NULL;
    if (e != ERR_OK) {
        (void)future_unref(done);
        free(load);
    } else {
        e = future_take(done, env_monotonic_ms(&env_real) + LOAD_MS, &loaded);
    }
    if (e == ERR_OK)
        atomic_store(&a->has_admin, ((struct load *)loaded)->has_admin);
    free(loaded);
    (void)future_unref(done);
    return e;
}

static enum err copy_options(struct accounts *a, const struct accounts_options *options)
{
    a->env = options->env;
    a->store = options->store;
    a->tasks = options->tasks;
    a->connections_max = options->connections_max;
    a->text_max = options->text_max;
    a->upload_bytes = options->upload_bytes;
    a->close_session = options->close_session;
    a->close_ctx = options->close_ctx;
    mutex_init(&a->lock, LOCK_accounts);
    a->throttle = throttle_new(options->env, options->logins_burst, options->logins_per_s);
    a->version = text_dup(text_of(options->version));
    if (options->base_url)
        accounts_set_base_url(a, text_of(options->base_url));
    return a->throttle && a->version ? ERR_OK : ERR_NOMEM;
}

static enum err make_keys(struct accounts *a, const struct accounts_options *options,
                          char error[256])
{
    struct token_keys_options o = {.env = options->env,
                                   .tasks = options->tasks,
                                   .token = &options->token,
                                   .group = "client.token"};
    a->token_people = o.token->people;
    enum err e = token_keys_new(&o, &a->token_keys, error);
    if (e != ERR_OK || !options->subscription_token)
        return e;
    o.token = options->subscription_token;
    o.group = "client.subscription_token";
    e = token_keys_new(&o, &a->subscription_keys, error);
    if (e != ERR_OK || !token_keys_none(a->subscription_keys))
        return e;
    (void)snprintf(error, 256, "client.subscription_token.enabled needs a key beside it.");
    return ERR_BAD_REQUEST;
}

enum err accounts_new(const struct accounts_options *options, struct accounts **out_accounts,
                      char error[256])
{
    must(sodium_init() >= 0); /* 1: it already was */
    enum err e = ERR_NOMEM;
    struct accounts *a = calloc(1, sizeof *a);
    if (!a)
        goto done;
    e = copy_options(a, options);
    if (e == ERR_OK)
        e = make_keys(a, options, error);
    if (e == ERR_OK)
        e = load_admin(a);
    if (e != ERR_OK)
        goto done;
    code_make(a->env, a->setup_secret);
    *out_accounts = a;
    a = NULL; /* handed over */
done:
    accounts_free(a);
    return e;
}

struct accounts *accounts_free(struct accounts *a)
{
    if (!a)
        return NULL;
    (void)throttle_free(a->throttle);
    (void)token_keys_free(a->token_keys);
    (void)token_keys_free(a->subscription_keys);
    free(a->version);
    free(atomic_load(&a->base_url));
    mutex_fini(&a->lock);
    free(a);
    return NULL;
}

void accounts_stop(struct accounts *a)
{
    if (!a)
        return;
    hashes_stop(a);
    token_keys_stop(a->token_keys);
    token_keys_stop(a->subscription_keys);
}

void accounts_tick(struct accounts *a)
{
    token_keys_tick(a->token_keys);
    token_keys_tick(a->subscription_keys);
}

void accounts_set_hooks(struct accounts *a, const struct accounts_hooks *hooks)
{
    a->hooks = *hooks;
}

void accounts_set_base_url(struct accounts *a, struct text url)
{
    char *none = NULL;
    char *copy = text_dup(url);
    if (copy && !atomic_compare_exchange_strong(&a->base_url, &none, copy))
        free(copy); /* it was set before */
}

const char *accounts_setup_secret(struct accounts *a)
{
    return atomic_load(&a->has_admin) ? NULL : a->setup_secret;
}

/* ---- shared checks */

enum err password_check(struct text password, const char **out_message)
{
    size_t n = utf8_length(password);
    if (n >= PASSWORD_MIN && n <= PASSWORD_MAX)
        return ERR_OK;
    *out_message = "password must have 12 to 200 characters.";
    return ERR_BAD_REQUEST;
}

#define TOO_MANY_TRIES "Too many failed tries. Please wait a little."

static int64_t try_wait_ms(struct accounts *a, const struct actor *actor, struct text account)
{
    int64_t wait = throttle_wait_ms(a->throttle, THROTTLE_ADDRESS, text_of(actor->address));
    int64_t other = account.len ? throttle_wait_ms(a->throttle, THROTTLE_ACCOUNT, account) : 0;
    return wait > other ? wait : other;
}

bool try_allowed(struct accounts *a, const struct actor *actor, struct text account,
                 struct reply reply)
{
    int64_t wait = try_wait_ms(a, actor, account);
    if (wait == 0)
        return true;
    reply_send(reply, &(struct outcome){
                          .err = ERR_BUSY,
                          .message = TEXT(TOO_MANY_TRIES),
                          .retry_ms = wait,
                      });
    return false;
}

enum err try_password(struct accounts *a, struct answer *answer, struct text account,
                      const char *stored, struct text password)
{
    answer->retry_ms = try_wait_ms(a, &answer->actor, account);
    if (answer->retry_ms > 0)
        return answer_fault(answer, ERR_BUSY, NULL, TOO_MANY_TRIES);
    if (password_is(stored, password))
        return ERR_OK;
    try_failed(a, &answer->actor, account); /* before the next one looks */
    return ERR_UNAUTHORIZED;
}

void try_failed(struct accounts *a, const struct actor *actor, struct text account)
{
    metric_add(METRIC_auth_failures, 1);
    throttle_failed(a->throttle, THROTTLE_ADDRESS, text_of(actor->address));
    if (account.len)
        throttle_failed(a->throttle, THROTTLE_ACCOUNT, account);
}
