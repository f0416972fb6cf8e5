/* method: the shapes of a call that any door may make: a name, what it needs, its parameters, its handler.
 *
 * One table of methods, three doors: the WebSocket's rpc, POST /rpc/<method> and the command line. The door checks
 * right and parameters against the table (wire/call.h), the handler gets them checked and answers once through
 * the reply, at once or later, on any thread. Nothing in a handler knows where the answer goes. */
#ifndef SNUG_BASE_METHOD_H
#define SNUG_BASE_METHOD_H

#include "base/err.h"
#include "base/text.h"

struct buf;

/* What a caller must be. MEMBER, OWNER and the like are checked by the handler inside its transaction:
 * to the door they mean USER. LOCAL is the command line over the private socket, which may do everything. */
enum right { RIGHT_ANY, RIGHT_USER, RIGHT_MEMBER, RIGHT_OWNER, RIGHT_ADMIN, RIGHT_LOCAL };

/* Who calls, by value: a handler copies it into its job. */
struct actor {
    int64_t user_id;     /* 0: nobody */
    int64_t session_id;  /* 0: none (a token without sid, the command line) */
    enum right right;    /* RIGHT_ANY: not logged in; RIGHT_USER; RIGHT_ADMIN; RIGHT_LOCAL */
    bool secure;         /* came over TLS */
    char connection[37]; /* UUID of the WebSocket, or "" */
    char address[46];    /* of the peer */
    char client[96];     /* "Firefox, Linux", or the protocol's name */
};

enum param_type {
    PARAM_TEXT, /* min..max characters; trimmed, line ends \n, UTF-8 without U+0000 */
    PARAM_RAW,  /* min..max bytes, as it came, no control characters (keys, passwords) */
    PARAM_ID,   /* decimal text "42" (a JSON number is accepted too); number holds it */
    PARAM_INT,  /* min..max */
    PARAM_BOOL,
    PARAM_TEXTS,  /* a list of texts, min..max of them */
    PARAM_JSON,   /* any JSON value, as the min..max bytes it came as */
    PARAM_OBJECT, /* the same, an object; its members may be parameters too: "since.offset" */
};

struct param {
    const char *name; /* with a dot: a member of an object that stands before it */
    enum param_type type;
    bool required; /* of a member: in the object, if that is given */
    int64_t min, max;
    int64_t fallback; /* of PARAM_INT and PARAM_BOOL when absent */
};

#define ARGS_MAX 16
#define KEY_MAX                                                                                    \
    64 /* bytes of a caller's own key, by which the same call is known when it comes again */

struct arg {
    bool given;
    int64_t number;     /* PARAM_INT, PARAM_BOOL, PARAM_ID */
    struct text text;   /* PARAM_TEXT, PARAM_RAW, PARAM_JSON, PARAM_OBJECT */
    struct text *items; /* PARAM_TEXTS */
    size_t count;
};

struct method;

/* Checked arguments, in the order of the method's parameters. Borrowed until the handler returns. */
struct args {
    const struct method *method;
    struct arg at[ARGS_MAX];
};

/* The argument of that name; aborts if the method declares no such parameter. */
const struct arg *args_get(const struct args *a, const char *name);

static inline struct text args_text(const struct args *a, const char *name)
{
    return args_get(a, name)->text;
}

static inline int64_t args_int(const struct args *a, const char *name)
{
    return args_get(a, name)->number;
}

static inline bool args_given(const struct args *a, const char *name)
{
    return args_get(a, name)->given;
}

/* What a call came to. All texts are borrowed until `done` returns. */
struct outcome {
    enum err err;
    struct text json;     /* the result, a JSON object, if err is ERR_OK */
    struct text message;  /* a sentence; empty: err_text(err) */
    struct text field;    /* the parameter that was wrong, or empty */
    int64_t retry_ms;     /* with ERR_BUSY; 0: unknown */
    struct text cookie;   /* a session secret that the http door sets as cookie; empty: none */
    int64_t cookie_age_s; /* 0: until the browser closes; < 0: delete the cookie */
};

/* Where the answer goes, by value. Exactly one call of reply_send for each call of a handler. thread: any */
struct reply {
    void *owner;
    uint64_t generation;
    uint64_t id;
    void (*done)(struct reply r, const struct outcome *o);
};

static inline void reply_send(struct reply r, const struct outcome *o)
{
    r.done(r, o);
}

void reply_json(struct reply r, struct text json);
/* The same of a whole document in `json`, or its error if it could not be written; frees its bytes. */
void reply_buf(struct reply r, struct buf *json);
void reply_error(struct reply r, enum err e);
/* `message` is a whole sentence that names the field; `field` may be NULL. */
void reply_fault(struct reply r, enum err e, const char *field, const char *message);

typedef void method_handler(void *ctx, const struct actor *actor, const struct args *args,
                            struct reply reply);

struct method {
    const char *name; /* "message.send" */
    enum right right;
    unsigned cost; /* in tokens of the sender's bucket limits.sends; 0: free */
    const struct param *params;
    size_t params_count;
    method_handler *handler;
};

/* One room's methods with the object they are called on. */
struct method_set {
    const struct method *methods;
    size_t count;
    void *ctx;
};

#define METHOD_SETS_MAX 12

/* All methods of the program; filled in snug.c, never changed afterwards. */
struct method_table {
    struct method_set sets[METHOD_SETS_MAX];
    size_t count;
    /* Whether the actor may spend `cost` tokens now; false: when, in *out_retry_ms. NULL: no limit. thread: any */
    bool (*may_spend)(void *ctx, const struct actor *actor, unsigned cost, int64_t *out_retry_ms);
    void *spend_ctx;
    bool null_is_absent; /* a parameter that is null is as one that is not there (not PARAM_JSON) */
};

void method_table_add(struct method_table *t, struct method_set set);

/* The method of that name and its object; NULL: none. */
const struct method *method_find(const struct method_table *t, struct text name, void **out_ctx);

#endif
