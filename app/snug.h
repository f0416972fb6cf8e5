/* snug: the whole server as an object: a data folder, its rooms wired together, its listeners.
 *
 * snug_new opens the data folder and everything behind the doors; snug_listen opens the doors. The command line uses the
 * first alone when no server runs. One per process is enough, two do not disturb each other (metrics are shared). */
#ifndef SNUG_H
#define SNUG_H

#include "accounts/accounts.h"
#include "base/buf.h"
#include "base/log.h"
#include "hub/namespaces.h"
#include "manager/ws_manager.h"

struct snug;

#define LISTEN_MAX 8

/* All options, with the names of the configuration file in comments where they differ. Strings are borrowed for the
 * life of the object. Zero is not a default: cli/options.def fills them. */
struct snug_options {
    const char *listen[LISTEN_MAX]; /* "127.0.0.1:8080", "[::1]:8080", port 0: a free one */
    unsigned listen_count;
    enum log_level log_level;
    const char *data;               /* folder, made if missing (0700) */
    const char *tls_cert, *tls_key; /* http_server.tls.cert_pem_file, key_pem_file; NULL: plain */
    const char *allowed_origins;    /* client.allowed_origins, joined by spaces */
    struct token_options
        token; /* client.token; without hmac_secret_key it is kept in the data folder */
    struct token_options subscription_token; /* client.subscription_token */
    bool subscription_token_enabled;         /* false: subscriptions take client.token */
    const char *api_key;                     /* http_api.key; NULL: kept in the data folder */
    bool insecure;                           /* client.insecure */
    bool ephemeral;                          /* the folder is removed at the end */
    enum ws_mode manager_mode;               /* manager.mode: what no manager is wider than */
    int64_t ping_interval_ms, pong_timeout_ms, stale_close_delay_ms;
    int64_t idle_timeout_ms, max_age_ms; /* client.idle_timeout, client.max_age */
    int64_t expired_close_delay_ms, expired_sub_close_delay_ms; /* client.expired_... */
    size_t queue_max_bytes, message_max_bytes;
    size_t queue_total_bytes; /* client.queue_total_size */
    bool compression;         /* websocket.compression */
    unsigned compression_level;
    size_t
        compression_min_bytes; /* websocket.compression_min_size: shorter messages are sent plain */
    int64_t write_delay_ms;
    unsigned channel_limit, connection_limit, user_connection_limit, manager_limit;
    unsigned address_connection_limit, connection_rate_limit; /* 0: any number */
    bool http_stream_enabled, sse_enabled;                    /* http_stream.enabled, sse.enabled */
    unsigned history_max, recovery_max;
    double commands_burst, commands_per_s, sends_burst, sends_per_s, logins_burst, logins_per_s;
    double address_connects_burst, address_connects_per_s, address_commands_burst,
        address_commands_per_s, address_sends_burst, address_sends_per_s;
    double connects_burst, connects_per_s, publishes_burst, publishes_per_s;
    int64_t manager_idle_ms, manager_deadline_ms, typing_ms, run_deadline_ms;
    int64_t key_keep_ms, history_keep_ms;
    int64_t keep_ms, keep_bytes; /* of messages; 0: no bound */
    unsigned keep_messages;
    int64_t file_size_limit,
        file_total_limit; /* files.size_limit, files.total_limit; total 0: any */
    unsigned reactors;    /* 0: one per core */
    unsigned http_waiting_max, http_address_max; /* http.connection_limit, ...address_... */
    unsigned http_workers, readers, tasks, batch_max, queue_max;
    bool push_enabled, push_private; /* push.enabled, push.private_addresses */
    const char *push_contact;        /* push.contact; NULL: the server's own URL */
    int64_t disk_free_min_bytes;
    int64_t memory_limit_bytes; /* memory.limit; 0: four fifths of what the system gives */
    /* Writes the page /docs (cli/docs.h); NULL: there is none. */
    void (*docs)(const struct method_table *methods, const struct method_set *api, struct text head,
                 struct buf *out);
    struct channel_namespaces channels; /* channel.namespaces, channel.without_namespace.* */
};

/* Opens the data folder, migrates, starts writer, readers, tasks. No sockets yet.
 * out: a sentence for people in error (256 bytes) on failure
 * errors: ERR_CONFLICT another Snug uses the folder; those of store_open */
MUST_USE enum err snug_new(const struct snug_options *options, struct snug **out_snug,
                           char error[256]);

/* Starts reactors and listeners. errors: ERR_IO with a sentence (address in use) */
MUST_USE enum err snug_listen(struct snug *s, char error[256]);

/* Stops accepting, closes clients with 3001 spread over a moment, finishes the writer's queue, checkpoints; within 5 s.
 * NULL is welcome. Returns NULL. */
struct snug *snug_free(struct snug *s);

/* True while every thread goes on, as /readyz has it. thread: any */
bool snug_alive(struct snug *s);

/* Lets nobody new in from now on (level draining), or again. Who is connected stays. One thread at a time. */
void snug_drain(struct snug *s, bool drain);

/* How far the backup is that is being made, in bytes, or else the check, in questions; false: there is neither. thread: any */
bool snug_progress(struct snug *s, int64_t *out_done, int64_t *out_total);

/* Calls a method as the command line (RIGHT_LOCAL). thread: any */
void snug_call(struct snug *s, struct text method, struct text params, struct reply reply);

/* Of the first listener, without a slash at the end. Borrowed. */
const char *snug_url(const struct snug *s);
/* url/setup#SECRET, or NULL once an admin exists. Written to out. */
const char *snug_setup_url(struct snug *s, char *out, size_t size);
const char *snug_api_key(const struct snug *s);

/* Where its data is (the command line's socket is beside it). Borrowed. */
const char *snug_data_folder(const struct snug *s);

extern const char snug_version[];

#endif
