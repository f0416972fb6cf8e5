/* snug_inside: the server's parts, shared by the files that wire them (snug*.c). */
#ifndef SNUG_INSIDE_H
#define SNUG_INSIDE_H

#include "accounts/accounts.h"
#include "agents/agents.h"
#include "base/buckets.h"
#include "base/level.h"
#include "base/mutex.h"
#include "base/task_queue.h"
#include "chat/chat.h"
#include "files/files.h"
#include "http/http.h"
#include "hub/hub.h"
#include "manager/ws_manager.h"
#include "net/reactor.h"
#include "ops/ops.h"
#include "push/pusher.h"
#include "session/session.h"
#include "snug.h"
#include "store/store.h"
#include "upkeep/upkeep.h"

#include <stdatomic.h>

#define REACTORS_MAX 64
#define FOLDER_SIZE 1024
#define SECRET_TEXT_SIZE 65
#define SECRET_MAX 1024 /* bytes of a configured one */

/* What was told of the level: snug_level.c. */
struct level_watch {
    struct mutex lock;
    enum level noted; /* behind the lock, as are the next two */
    uint64_t number;  /* of its message */
    bool told;
    int64_t memory_max; /* bytes; 0: not known */
    int64_t trimmed_ms; /* monotonic. thread: ticker */
};

struct snug {
    struct snug_options options;
    char folder[FOLDER_SIZE];
    char token_secret[SECRET_MAX + 1]; /* as configured, or 64 hex digits */
    char api_key[SECRET_MAX + 1];
    struct web_push_pair push_pair; /* of the secret in push_key */
    char node[UUID_SIZE];           /* what this start is called */
    struct method_table methods;
    struct reactor *reactors[REACTORS_MAX];
    unsigned reactors_count, reactors_started;
    struct store *store;
    struct task_queue *tasks;
    struct hub *hub;
    struct ws_registry *registry;
    struct accounts *accounts;
    struct files *files;
    struct chat *chat;
    struct stream_source source; /* chat's; the hub is made before chat and asks through here */
    struct pusher *pusher;
    struct agents *agents;
    struct ops *ops;
    struct sessions *sessions;
    struct http *http;
    atomic_bool listening; /* its doors are open */
    pthread_t ticker;
    bool ticking;
    struct mutex tick_lock;
    struct condition tick_changed;
    bool tick_stop;                 /* behind tick_lock */
    atomic_int_least64_t ticked_ms; /* monotonic; 0: not yet */
    struct level_state level;
    struct level_watch level_watch;
    struct buckets *sends, *publishes, *connects; /* by user */
    struct buckets *address_commands, *address_sends;
    struct findings findings;                     /* of the check, while checking */
    atomic_bool checking;                         /* server.check runs: one at a time */
    atomic_bool stopping;                         /* tasks that wait are to end */
    atomic_int_least64_t erase_done, erase_total; /* of server.erase; total 0: none is waited for */
    atomic_int_least64_t probed_ms; /* when a probe of the store last went well (monotonic) */
};

/* ---- snug_data.c: the folder and its secrets */
MUST_USE enum err data_open(struct snug *s, char error[256]);
void data_close(struct snug *s);

/* ---- snug_sessions.c: accounts' identities and the door's sockets, as session wants them */
struct session_rules snug_session_rules(struct snug *s);
void snug_hand_over(void *ctx, const struct http_upgrade *u);
enum err snug_command(void *ctx, struct text session, struct text commands);

/* ---- snug_limits.c: what a user and an address may do, on all doors together */
MUST_USE enum err limits_open(struct snug *s);
void limits_close(struct snug *s);
bool limits_may_spend(void *snug, const struct actor *actor, unsigned cost, int64_t *out_retry_ms);

/* ---- snug_level.c: the level of the server and who is told of it */
void level_init(struct snug *s);
void level_fini(struct snug *s);
/* Measures and tells. thread: the ticker's, or before there is one */
void level_tick(struct snug *s);
/* Tells clients, charts, log and metrics if the level is another than they know. thread: any */
void level_tell(struct snug *s);

/* ---- snug_watch.c: whether it listens, can write, and every thread goes on; lock-free */
void watch_measure(void *snug); /* for the metrics */
/* A set of enum ws_lack, for the registry. */
unsigned watch_lacks(void *snug);
/* For /readyz: false with the reasons, one a line; what ops sees itself is not among them. */
bool watch_alive(void *snug, struct buf *why);

/* ---- snug_local.c: methods of the command line alone: server.backup, server.check */
struct method_set local_methods(struct snug *s);

/* ---- snug_erase.c: server.erase */
struct method_set erase_methods(struct snug *s);

/* ---- snug_wait.c: connection.wait */
struct method_set wait_methods(struct snug *s);

/* ---- snug_time.c: what time asks for */
MUST_USE enum err ticker_start(struct snug *s);
void ticker_stop(struct snug *s);

#endif
