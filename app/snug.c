#include "snug.h"

#include "base/log.h"
#include "base/metrics.h"
#include "snug_inside.h"
#include "wire/call.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define CHAT_TEXT_MAX 16000
#define MAILBOX_CAPACITY 65536
#define TASKS_CAPACITY 4096
#define OPEN_DEADLINE_MS 25000
#define CHECKPOINT_BYTES (16 << 20)
#define COPY_BYTES_PER_S (64 << 20) /* of a backup: the disk is the writer's first */
#define REPLY_MAX_BYTES (512u << 10)
#define CALL_DEADLINE_MS 25000
#define PENDING_MAX 64
#define PROBE_FRESH_MS 1000
#define PUBLICATION_MAX ((size_t)1 << 20)
#define MEMORY_EVENTS 100
#define MEMORY_TTL_MS 300000
#define RUNS_WAITING_MAX 8
#define SPREAD_MS 500
#define CLOSE_DEADLINE_MS 3000 /* for clients to answer their close */
#define STOP_DEADLINE_MS 4000  /* for them and the requests before them together */

const char snug_version[] = "0.1.0";

/* ---- what rooms ask of rooms they do not know */

static bool source_serves(void *ctx, struct text channel)
{
    struct snug *s = ctx;
    return s->source.serves(s->source.ctx, channel);
}

static enum err source_ask(void *ctx, const struct stream_query *query, struct stream_asker asker)
{
    struct snug *s = ctx;
    return s->source.ask(s->source.ctx, query, asker);
}

static void close_session(void *ctx, int64_t user_id, int64_t session_id)
{
    struct snug *s = ctx;
    if (s->sessions)
        sessions_close(s->sessions, user_id, session_id,
                       session_id ? CLOSE_force_disconnect : CLOSE_permission_denied);
}

/* Whether the server can take a user now (S11): real state, and a look into the database at most once a second. */
static enum err available(void *ctx, int64_t deadline_ms)
{
    struct snug *s = ctx;
    int64_t now_ms = env_monotonic_ms(&env_real);
    if (level_now(&s->level) == LEVEL_READONLY)
        return ERR_OK; /* read-only: reading is what a connection can do */
    if (now_ms - atomic_load(&s->probed_ms) < PROBE_FRESH_MS)
        return ERR_OK;
    enum err e = store_probe(s->store, deadline_ms - now_ms);
    if (e == ERR_OK)
        atomic_store(&s->probed_ms, now_ms);
    return e;
}

/* What the level leaves to managers (S8, S33): where nobody new is let in none takes a connection, and while the disk is full
 * nothing is kept of who comes. The disk itself is asked: the level stays read-only a moment longer, when sends work again and
 * who is away must find what they brought. */
static enum ws_mode level(void *ctx)
{
    const struct snug *s = ctx;
    if (level_now(&s->level) >= LEVEL_SHEDDING)
        return WS_MODE_EMERGENCY;
    bool full = s->store && store_status(s->store).read_only; /* NULL: it is stopping */
    return full ? WS_MODE_DEGRADED : WS_MODE_UNIFIED;
}

static int64_t pushed(void *ctx, int64_t user_id, int64_t room_id, int64_t offset)
{
    struct snug *s = ctx;
    return pusher_told(s->pusher, user_id, room_id, offset);
}

static enum err list_connections(void *ctx, int64_t user_id, struct text channel, void *owner,
                                 void (*done)(void *owner, enum err e,
                                              const struct ws_connection_record *records,
                                              size_t count))
{
    struct snug *s = ctx;
    if (!s->sessions)
        return ERR_UNAVAILABLE;
    return sessions_list(s->sessions, user_id, channel, (struct connections_answer){owner, done});
}

static bool ready(void *ctx, struct buf *why)
{
    struct snug *s = ctx;
    return ops_ready(s->ops, why);
}

static void server_now(void *ctx, struct buf *out)
{
    struct snug *s = ctx;
    ops_now(s->ops, out);
}

/* ---- building, from below */

static enum err make_reactors(struct snug *s)
{
    unsigned wanted = s->options.reactors;
    if (wanted == 0) {
        long cores = sysconf(_SC_NPROCESSORS_ONLN);
        wanted = cores > 0 ? (unsigned)cores : 1;
    }
    if (wanted > REACTORS_MAX)
        wanted = REACTORS_MAX;
    enum err e = ERR_OK;
    while (e == ERR_OK && s->reactors_count < wanted) {
        struct reactor_options o = {&env_real, s->reactors_count, MAILBOX_CAPACITY};
        e = reactor_new(&o, &s->reactors[s->reactors_count]);
        s->reactors_count += e == ERR_OK;
    }
    while (e == ERR_OK && s->reactors_started < s->reactors_count) {
        e = reactor_start(s->reactors[s->reactors_started]);
        s->reactors_started += e == ERR_OK;
    }
    return e;
}

static enum err open_store(struct snug *s, char error[256])
{
    char path[FOLDER_SIZE + 16];
    (void)snprintf(path, sizeof path, "%s/snug.db", s->folder);
    const struct snug_options *o = &s->options;
    struct store_options so = {
        .env = &env_real,
        .path = path,
        .readers = o->readers,
        .batch_max = o->batch_max,
        .queue_max = o->queue_max,
        .open_deadline_ms = OPEN_DEADLINE_MS,
        .disk_free_min_bytes = o->disk_free_min_bytes,
        .copy_bytes_per_s = COPY_BYTES_PER_S,
        .checkpoint_bytes = CHECKPOINT_BYTES,
    };
    return store_open(&so, &s->store, error);
}

/* No client could be sent more. */
static size_t publication_max(const struct snug_options *o)
{
    return o->queue_max_bytes < PUBLICATION_MAX ? o->queue_max_bytes : PUBLICATION_MAX;
}

static enum err make_live(struct snug *s)
{
    struct task_queue_options to = {.threads = s->options.tasks,
                                    .capacity = TASKS_CAPACITY,
                                    .name = "snug-task",
                                    .role = &role_task};
    enum err e = task_queue_new(&to, &s->tasks);
    if (e != ERR_OK)
        return e;
    struct hub_options ho = {
        .env = &env_real,
        .reactors = s->reactors,
        .reactors_count = s->reactors_count,
        .source = {s, source_serves, source_ask},
        .memory_events = MEMORY_EVENTS,
        .memory_ttl_ms = MEMORY_TTL_MS,
        .write_delay_ms = s->options.write_delay_ms,
        .namespaces = &s->options.channels,
        .publication_max = publication_max(&s->options),
        .open = s->options.insecure,
    };
    e = hub_new(&ho, &s->hub);
    if (e != ERR_OK)
        return e;
    struct ws_registry_options ro = {
        .env = &env_real,
        .hub = s->hub,
        .tasks = s->tasks,
        .connections_max = s->options.user_connection_limit,
        .managers_max = s->options.manager_limit,
        .idle_ms = s->options.manager_idle_ms,
        .deadline_ms = s->options.manager_deadline_ms,
        .available = available,
        .available_ctx = s,
        .lacks = watch_lacks,
        .lacks_ctx = s,
        .mode = s->options.manager_mode,
        .level = level,
        .level_ctx = s,
    };
    return ws_registry_new(&ro, &s->registry);
}

static enum err make_accounts(struct snug *s, char error[256])
{
    const struct snug_options *o = &s->options;
    struct accounts_options ao = {
        .env = &env_real,
        .store = s->store,
        .tasks = s->tasks,
        .token = o->token,
        .subscription_token = o->subscription_token_enabled ? &o->subscription_token : NULL,
        .version = snug_version,
        .connections_max = o->user_connection_limit,
        .text_max = CHAT_TEXT_MAX,
        .upload_bytes = o->file_size_limit,
        .logins_burst = o->logins_burst,
        .logins_per_s = o->logins_per_s,
        .close_session = close_session,
        .close_ctx = s,
    };
    ao.token.hmac_secret_key = s->token_secret;
    return accounts_new(&ao, &s->accounts, error);
}

static enum err make_files(struct snug *s, char error[256])
{
    char folder[FOLDER_SIZE + 16];
    (void)snprintf(folder, sizeof folder, "%s/files", s->folder);
    struct files_options fo = {
        .env = &env_real,
        .store = s->store,
        .tasks = s->tasks,
        .folder = folder,
        .size_limit = s->options.file_size_limit,
        .total_limit = s->options.file_total_limit,
        .free_min_bytes = s->options.disk_free_min_bytes,
    };
    return files_new(&fo, &s->files, error);
}

static enum err make_chat(struct snug *s)
{
    const struct snug_options *o = &s->options;
    struct chat_options co = {
        .env = &env_real,
        .store = s->store,
        .hub = s->hub,
        .registry = s->registry,
        .text_max = CHAT_TEXT_MAX,
        .typing_ms = o->typing_ms,
        .keep_ms = o->keep_ms,
        .keep_messages = o->keep_messages,
        .keep_bytes = o->keep_bytes,
        .recovery_max = o->recovery_max,
        .history_max = o->history_max,
        .reply_max_bytes = /* a reply that does not fit the queue would close its client each time */
        o->queue_max_bytes / 2 < REPLY_MAX_BYTES ? o->queue_max_bytes / 2 : REPLY_MAX_BYTES,
    };
    enum err e = chat_new(&co, &s->chat);
    if (e != ERR_OK)
        return e;
    s->source = chat_stream_source(s->chat);
    struct accounts_hooks hooks = chat_accounts_hooks(s->chat);
    accounts_set_hooks(s->accounts, &hooks);
    return ERR_OK;
}

static enum err make_pusher(struct snug *s, char error[256])
{
    struct pusher_options po = {
        .env = &env_real,
        .store = s->store,
        .chat = s->chat,
        .pair = s->push_pair,
        .contact = s->options.push_contact,
        .enabled = s->options.push_enabled,
        .anywhere = s->options.push_private,
    };
    return pusher_new(&po, &s->pusher, error);
}

static enum err make_ops(struct snug *s)
{
    struct ops_options oo = {
        .env = &env_real,
        .store = s->store,
        .registry = s->registry,
        .level = &s->level,
        .history_keep_ms = s->options.history_keep_ms,
        .key_keep_ms = s->options.key_keep_ms,
        .connections = list_connections,
        .pushed = pushed,
        .alive = watch_alive,
        .ctx = s,
    };
    return ops_new(&oo, &s->ops);
}

static enum err make_agents(struct snug *s)
{
    struct agents_options go = {
        .env = &env_real,
        .store = s->store,
        .chat = s->chat,
        .hub = s->hub,
        .registry = s->registry,
        .tasks = s->tasks,
        .deadline_ms = s->options.run_deadline_ms,
        .queue_max = RUNS_WAITING_MAX,
        .server_now = server_now,
        .server_ctx = s,
    };
    return agents_new(&go, &s->agents);
}

static enum err build(struct snug *s, char error[256])
{
    enum err e = data_open(s, error);
    if (e == ERR_OK)
        e = limits_open(s);
    if (e == ERR_OK)
        e = open_store(s, error);
    if (e == ERR_OK)
        e = make_reactors(s);
    if (e == ERR_OK)
        e = make_live(s);
    if (e == ERR_OK)
        e = make_accounts(s, error);
    if (e == ERR_OK)
        e = make_files(s, error);
    if (e == ERR_OK)
        e = make_chat(s);
    if (e == ERR_OK)
        e = make_pusher(s, error);
    if (e == ERR_OK)
        e = make_ops(s);
    if (e == ERR_OK)
        e = make_agents(s);
    if (e == ERR_OK)
        e = hub_start(s->hub);
    return e;
}

enum err snug_new(const struct snug_options *options, struct snug **out_snug, char error[256])
{
    error[0] = 0;
    struct snug *s = calloc(1, sizeof *s);
    if (!s)
        return ERR_NOMEM;
    s->options = *options;
    atomic_init(&s->probed_ms, INT64_MIN / 2);
    level_init(s);
    findings_init(&s->findings);
    enum err e = build(s, error);
    if (e != ERR_OK) {
        if (!error[0])
            (void)snprintf(error, 256, "%s", err_text(e));
        snug_free(s);
        return e;
    }
    method_table_add(&s->methods, accounts_methods(s->accounts));
    method_table_add(&s->methods, chat_methods(s->chat));
    method_table_add(&s->methods, files_methods(s->files));
    method_table_add(&s->methods, pusher_methods(s->pusher));
    method_table_add(&s->methods, agents_methods(s->agents));
    method_table_add(&s->methods, ops_methods(s->ops));
    method_table_add(&s->methods, wait_methods(s));
    method_table_add(&s->methods, local_methods(s));
    method_table_add(&s->methods, erase_methods(s));
    s->methods.may_spend = limits_may_spend;
    s->methods.spend_ctx = s;
    *out_snug = s;
    return ERR_OK;
}

/* ---- the doors */

static enum err make_sessions(struct snug *s)
{
    const struct snug_options *o = &s->options;
    env_uuid(&env_real, s->node);
    struct session_options so = {
        .env = &env_real,
        .hub = s->hub,
        .registry = s->registry,
        .reactors = s->reactors,
        .reactors_count = s->reactors_count,
        .rules = snug_session_rules(s),
        .version = snug_version,
        .node = s->node,
        .insecure = o->insecure,
        .ping_interval_ms = o->ping_interval_ms,
        .pong_timeout_ms = o->pong_timeout_ms,
        .stale_close_delay_ms = o->stale_close_delay_ms,
        .idle_timeout_ms = o->idle_timeout_ms,
        .max_age_ms = o->max_age_ms,
        .expired_close_delay_ms = o->expired_close_delay_ms,
        .expired_sub_close_delay_ms = o->expired_sub_close_delay_ms,
        .queue_max_bytes = o->queue_max_bytes,
        .queue_total_bytes = o->queue_total_bytes,
        .message_max_bytes = o->message_max_bytes,
        .compression_level = o->compression_level,
        .compression_min_bytes = o->compression_min_bytes,
        .channel_limit = o->channel_limit,
        .commands = {o->commands_burst, o->commands_per_s},
        .address_commands = s->address_commands,
        .connects = s->connects,
        .publishes = s->publishes,
    };
    return sessions_new(&so, &s->sessions);
}

/* Clients may not keep their windows: an idle connection holds nothing. */
static struct ws_deflate_rules deflate_rules(const struct snug_options *o)
{
    return o->compression ? (struct ws_deflate_rules){WS_WINDOW_MAX, WS_WINDOW_MAX, false}
                          : (struct ws_deflate_rules){0};
}

static enum err open_doors(struct snug *s, char error[256])
{
    const struct snug_options *o = &s->options;
    struct http_options ho = {
        .env = &env_real,
        .listen = o->listen,
        .listen_count = o->listen_count,
        .workers = o->http_workers,
        .tls_cert = o->tls_cert,
        .tls_key = o->tls_key,
        .methods = &s->methods,
        .accounts = s->accounts,
        .registry = s->registry,
        .level = &s->level,
        .files = s->files,
        .hub = s->hub,
        .sessions = s->sessions,
        .version = snug_version,
        .allowed_origins = text_of(o->allowed_origins),
        .api_key = text_of(s->api_key),
        .deflate = deflate_rules(o),
        .connections_max = o->connection_limit,
        .address_connections_max = o->address_connection_limit,
        .connection_rate = o->connection_rate_limit,
        .address_connects = {o->address_connects_burst, o->address_connects_per_s},
        .pending_max = PENDING_MAX,
        .waiting_max = o->http_waiting_max,
        .address_max = o->http_address_max,
        .call_deadline_ms = CALL_DEADLINE_MS,
        .http_stream = o->http_stream_enabled,
        .sse = o->sse_enabled,
        .message_max_bytes = o->message_max_bytes,
        .node = s->node,
        .command = snug_command,
        .hand_over = snug_hand_over,
        .docs = o->docs,
        .ready = ready,
        .measure = watch_measure,
        .ctx = s,
    };
    return http_start(&ho, &s->http, error);
}

enum err snug_listen(struct snug *s, char error[256])
{
    error[0] = 0;
    enum err e = make_sessions(s);
    if (e == ERR_OK)
        e = agents_start(s->agents);
    if (e == ERR_OK)
        e = pusher_start(s->pusher);
    if (e == ERR_OK)
        level_tick(s); /* before anybody is let in */
    if (e == ERR_OK)
        e = ticker_start(s);
    if (e == ERR_OK)
        e = open_doors(s, error);
    if (e == ERR_OK)
        atomic_store(&s->listening, true);
    if (e == ERR_OK) {
        accounts_set_base_url(s->accounts, text_of(http_url(s->http)));
        pusher_set_url(s->pusher, text_of(http_url(s->http)));
    } else if (!error[0])
        (void)snprintf(error, 256, "%s", err_text(e));
    return e;
}

/* ---- stopping, from above */

/* Clients get their 3001 spread over a moment; whoever does not answer is cut with the reactors. */
static void close_clients(struct snug *s, int64_t at_last_ms)
{
    if (!s->sessions)
        return;
    sessions_shutdown(s->sessions, SPREAD_MS);
    int64_t until_ms = env_monotonic_ms(&env_real) + CLOSE_DEADLINE_MS;
    if (until_ms > at_last_ms)
        until_ms = at_last_ms;
    struct mutex lock;
    struct condition never;
    mutex_init(&lock, LOCK_ticker);
    condition_init(&never);
    mutex_lock(&lock);
    while (sessions_count(s->sessions) > 0 && env_monotonic_ms(&env_real) < until_ms)
        condition_wait(&never, &lock, env_monotonic_ms(&env_real) + 20);
    mutex_unlock(&lock);
    condition_fini(&never);
    mutex_fini(&lock);
}

struct snug *snug_free(struct snug *s)
{
    if (!s)
        return NULL;
    int64_t now_ms = env_monotonic_ms(&env_real), at_last_ms = now_ms + STOP_DEADLINE_MS;
    atomic_store(&s->listening, false);
    if (s->http) {
        level_report(&s->level, REASON_stopping, true, now_ms);
        level_tell(s);
    }
    s->http = http_stop(s->http);
    close_clients(s, at_last_ms);
    if (s->agents)
        agents_stop(s->agents);
    ticker_stop(s);
    accounts_stop(s->accounts);
    files_stop(s->files);
    pusher_stop(s->pusher);
    atomic_store(&s->stopping, true);
    if (s->store)
        store_copy_stop(s->store); /* a backup is a task, and may take long */
    s->tasks = task_queue_free(s->tasks);
    for (unsigned i = 0; i < s->reactors_started; i++)
        reactor_stop(s->reactors[i]);
    if (s->ops)
        ops_stop(s->ops);
    s->store = store_close(s->store);
    s->agents = agents_free(s->agents);
    s->pusher = pusher_free(s->pusher);
    s->ops = ops_free(s->ops);
    s->chat = chat_free(s->chat);
    s->files = files_free(s->files);
    s->accounts = accounts_free(s->accounts);
    s->registry = ws_registry_free(s->registry);
    for (unsigned i = 0; i < s->reactors_count; i++)
        reactor_free(s->reactors[i]);
    s->sessions = sessions_free(s->sessions);
    s->hub = hub_free(s->hub);
    level_fini(s);
    findings_fini(&s->findings);
    limits_close(s);
    data_close(s);
    free(s);
    return NULL;
}

/* ---- for the command line */

void snug_call(struct snug *s, struct text method, struct text params, struct reply reply)
{
    struct actor local = {.right = RIGHT_LOCAL};
    text_copy(local.client, sizeof local.client, TEXT("command line"));
    method_call(&s->methods, method, params, &local, reply);
}

bool snug_progress(struct snug *s, int64_t *out_done, int64_t *out_total)
{
    if (store_copied(s->store, out_done, out_total))
        return true;
    *out_done = atomic_load(&s->erase_done);
    *out_total = atomic_load(&s->erase_total);
    if (*out_total > 0)
        return true;
    *out_done = atomic_load(&s->findings.done);
    *out_total = atomic_load(&s->findings.total);
    return *out_total > 0;
}

const char *snug_url(const struct snug *s)
{
    return http_url(s->http);
}

const char *snug_setup_url(struct snug *s, char *out, size_t size)
{
    const char *secret = accounts_setup_secret(s->accounts);
    if (!secret)
        return NULL;
    (void)snprintf(out, size, "%s/setup#%s", snug_url(s), secret);
    return out;
}

const char *snug_api_key(const struct snug *s)
{
    return s->api_key;
}

const char *snug_data_folder(const struct snug *s)
{
    return s->folder;
}
