/* gate_inside: what the files of the gate share. */
#ifndef SNUG_HTTP_GATE_INSIDE_H
#define SNUG_HTTP_GATE_INSIDE_H

#include "base/env.h"
#include "base/hash.h"
#include "base/mutex.h"
#include "base/wakes.h"
#include "http/gate.h"

#include <openssl/ssl.h>
#include <pthread.h>
#include <stdatomic.h>

#define ROOM_BYTES ((size_t)64 << 10) /* what is read at once */

struct listener {
    int fd;
    int port;
    bool secure;
};

struct list {
    struct gate_conn *first, *last;
    unsigned count;
};

struct gate {
    struct gate_options options;
    SSL_CTX *tls; /* NULL: plain */
    struct listener listeners[GATE_LISTENERS_MAX];
    unsigned listeners_count;
    int epoll_fd;
    struct waker *waker; /* of its thread */
    int fd_max;          /* a descriptor from here on: they are nearly all taken */
    pthread_t thread;
    bool started;

    struct mutex lock;
    struct condition changed; /* `shut` */
    struct list lists[GATE_LISTS] GUARDED_BY(lock);
    struct gate_address *addresses GUARDED_BY(lock);
    struct hash_key key; /* of these */
    unsigned total GUARDED_BY(lock);
    unsigned refused GUARDED_BY(lock); /* that linger */
    size_t bytes GUARDED_BY(lock);
    bool shut GUARDED_BY(lock); /* the listeners are */
    atomic_bool closing, ending;

    /* of the thread alone */
    int64_t now_ms;
    int64_t paused_until_ms; /* no descriptor was left; 0: accepts */
    bool again;              /* GATE_DEAD has some */
    unsigned char room[ROOM_BYTES];
};

/* ---- gate_listen.c */
MUST_USE enum err gate_listen(struct gate *g, char error[256]);
void gate_listeners_close(struct gate *g);
/* Takes what has come in: a bounded number at once. */
void gate_accept(struct gate *g, struct listener *l) ON(role_http);
void gate_accept_pause(struct gate *g, bool pause);

/* ---- gate_tls.c: a TLS 1.2+ server's context of two files. NULL: see error */
SSL_CTX *gate_tls_new(const char *cert, const char *key, char error[256]);

/* ---- gate_limits.c; each takes the lock */
enum gate_refusal { GATE_TAKEN, GATE_FULL, GATE_ADDRESS_FULL, GATE_NO_MEMORY };
/* Counts a new connection and puts it into GATE_HEAD. */
enum gate_refusal gate_count(struct gate *g, struct gate_conn *c);
/* Says how many bytes wait on it now; false: over a bound, nothing changed. */
bool gate_charge(struct gate *g, struct gate_conn *c, size_t bytes);
/* Forgets it, in all counts. */
void gate_uncount(struct gate *g, struct gate_conn *c) CLANG(requires_capability(g->lock));
/* Closes the connection that can best be missed; false: there is none. */
bool gate_make_room(struct gate *g) ON(role_http);

/* ---- gate_conn.c */
void gate_place(struct gate *g, struct gate_conn *c, enum gate_list list)
    CLANG(requires_capability(g->lock));
void gate_move(struct gate *g, struct gate_conn *c, enum gate_list list);
/* Asks for the next event; once. */
void gate_arm(struct gate *g, struct gate_conn *c, uint32_t events);
void gate_end(struct gate *g, struct gate_conn *c);
void gate_conn_free(struct gate_conn *c);
/* Something has happened on the socket, or may have. */
void gate_look(struct gate *g, struct gate_conn *c) ON(role_http);
/* Its time is over. */
void gate_expire(struct gate *g, struct gate_conn *c) ON(role_http);
/* A whole request: here, or to a worker. False: there is no room in their queue, it waits in GATE_READY. */
bool gate_hand(struct gate *g, struct gate_conn *c) ON(role_http);

#endif
