/* loop: what reactor.c and conn.c share. Inside net only.
 *
 * Connections that need something before the turn ends are in the work list: each at most once, and a connection is
 * freed only when it has been taken off that list, so nothing in a turn can meet a freed one. */
#ifndef SNUG_NET_LOOP_H
#define SNUG_NET_LOOP_H

#include "net/conn.h"
#include "net/parting.h"
#include "net/timer_heap.h"

/* What is read at once: large enough for most bursts, small enough to stay in the cache. */
#define READ_BYTES (64 * 1024)
/* One TLS record. */
#define TLS_WRITE_BYTES (16 * 1024)

struct work_list {
    struct conn *first, *last;
};

struct loop {
    int epoll_fd;
    int64_t now_ms;
    struct timer_heap timers;
    struct conn *conns;    /* all of them */
    struct work_list work; /* to be flushed, ended or read again */
    struct parting parting;
    size_t queued_bytes; /* of all outboxes */
    size_t told_bytes;   /* the same at the end of the last turn, as in the metric */
    unsigned char read_buffer[READ_BYTES];
    unsigned char write_buffer[TLS_WRITE_BYTES];
};

struct loop *reactor_loop(struct reactor *r) ON(role_reactor);

/* The socket has events (EPOLLIN, EPOLLOUT, EPOLLHUP, EPOLLERR). */
void conn_events(struct conn *c, uint32_t events) ON(role_reactor);

/* Reads the connections that were left with bytes in the last turn. */
void conn_work_read(struct loop *l) ON(role_reactor);

/* The end of a turn: flushes and ends what has to be. What wants to read again stays in the list. */
void conn_work_finish(struct loop *l) ON(role_reactor);

/* Marks every connection as closed; the next conn_work_finish ends them. */
void conn_close_all(struct loop *l) ON(role_reactor);

#endif
