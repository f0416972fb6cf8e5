/* parting: plain sockets of conversations that are over: the other side has said that it sends nothing more, and our end is
 * sent. Nobody waits for them. One that was closed at once would be reset by a peer that does not keep its word, perhaps
 * before it has read our last bytes; so each stays for a moment, a few at a time: who comes to a full place takes that of the
 * one that came first. thread: the reactor's */
#ifndef SNUG_NET_PARTING_H
#define SNUG_NET_PARTING_H

#include "base/thread_role.h"

#include <stdint.h>

#define PARTINGS_MAX 64

struct parting {
    struct {
        int fd;
        int64_t until_ms;
    } at[PARTINGS_MAX]; /* a ring */
    unsigned first, count;
};

/* Owns fd from now on: it is closed at until_ms, or a little later, or sooner when others come. */
void parting_add(struct parting *p, int fd, int64_t until_ms) ON(role_reactor);
/* Closes those whose time is over. */
void parting_tick(struct parting *p, int64_t now_ms) ON(role_reactor);

#endif
