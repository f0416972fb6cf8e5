/* line: one WebSocket of the generator, from connect() to its end, on a loop of its own: many sockets, one thread, none of
 * them waited for.
 *
 * Why not net's reactor: its connections share frames among many receivers and belong to a thread of the server; here each
 * frame is masked for one socket, and a line that is silent must cost next to nothing (this struct and its descriptor).
 *
 * Memory: all lines read into one buffer. Only a frame that is cut is kept, and only output that the socket did not take
 * waits: one buffer each, at most LINE_KEPT_MAX and LINE_WAITING_MAX bytes.
 * thread: the one that called lines_open for all of it */
#ifndef SNUG_LOAD_LINE_H
#define SNUG_LOAD_LINE_H

#include "load/options.h"
#include "wire/ws_inflate.h"

#include <sys/socket.h>

#define LINE_KEPT_MAX ((size_t)4 << 20)
#define LINE_WAITING_MAX ((size_t)256 << 10)
#define LINE_MESSAGE_MAX ((size_t)128 << 10) /* of what is sent */
#define LINE_ROOM_SIZE 16

struct ssl_st;
struct ssl_ctx_st;
struct epoll_event;

enum line_state {
    LINE_CLOSED,
    LINE_CONNECTING,
    LINE_SECURING, /* TLS's handshake */
    LINE_UPGRADING,
    LINE_OPEN,
    LINE_LEAVING, /* our close frame is sent: the server's end is waited for */
};

/* A value; zero is a closed line. */
struct line {
    int fd;
    uint8_t state; /* enum line_state */
    bool wants_out, deflate;
    struct ssl_st *ssl;
    unsigned char *kept;    /* input of a frame that is not whole; owned */
    unsigned char *waiting; /* output; owned */
    size_t kept_len, waiting_at, waiting_len, waiting_room;
};

/* What a line does. None of them may be called inside lines_start, line_send, line_leave or line_drop. */
struct line_owner {
    void *ctx;
    /* What is appended to the URL's path with a slash; "" is nothing. */
    void (*room)(void *ctx, struct line *l, char out[LINE_ROOM_SIZE]);
    void (*opened)(void *ctx, struct line *l);
    void (*message)(void *ctx, struct line *l, struct text payload);
    /* The last call: it is LINE_CLOSED now and may be started again later, not inside. `why` is a sentence without its
     * end, or NULL: after line_leave the server ended it as it should. */
    void (*ended)(void *ctx, struct line *l, const char *why);
};

struct lines {
    int epoll;
    const struct load_options *options; /* borrowed */
    struct line_owner owner;
    struct sockaddr_storage address;
    socklen_t address_len;
    uint32_t started, chance;
    struct ssl_ctx_st *tls;
    char key[25], accept[29]; /* one handshake for all lines */
    unsigned char *input, *output;
    char *inflated;
    struct ws_inflate
        inflate; /* the server keeps no window between messages, so one serves all lines */
    uint64_t compressed_in, bytes_in, bytes_out;
};

/* Looks the host up (which may block) and gets ready; owned: lines_close.
 * out: a sentence in error. errors: ERR_NOT_FOUND the host; ERR_IO epoll or TLS; ERR_NOMEM */
MUST_USE enum err lines_open(struct lines *s, const struct load_options *options,
                             const struct line_owner *owner, char error[LOAD_ERROR_SIZE]);

/* The lines must be closed or dropped before. */
void lines_close(struct lines *s);

/* Begins to connect a closed line. False: it could not, *out_why (static) says why. */
bool lines_start(struct lines *s, struct line *l, const char **out_why);

/* What epoll said about a line. */
void lines_event(struct lines *s, struct line *l, uint32_t events);

/* Sends a text message. False: it is not open, or LINE_WAITING_MAX bytes wait already; a line that is broken ends soon. */
bool line_send(struct lines *s, struct line *l, struct text payload);

/* Sends a close frame (1000); `ended` comes when the server has ended the line. */
void line_leave(struct lines *s, struct line *l);

/* Ends it at once; `ended` does not come. */
void line_drop(struct lines *s, struct line *l);

#endif
