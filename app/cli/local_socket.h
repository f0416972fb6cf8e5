/* local_socket: a private door of a running server for the command line: a UNIX socket in the data folder, for its
 * owner alone (0600). One JSON line in, {"method": "user.add", "params": {..}}, one out, {"result": {..}} or
 * {"error": {..}}; everything may be called (RIGHT_LOCAL). With "progress": true in it, lines {"progress": {"done", "total"}}
 * may come before, as long as a backup or a check goes on. */
#ifndef SNUG_CLI_LOCAL_SOCKET_H
#define SNUG_CLI_LOCAL_SOCKET_H

#include "base/buf.h"
#include "snug.h"

struct local_socket;

#define LOCAL_LINE_MAX 65536

/* Listens in the server's data folder; a socket that a dead server left is replaced (the folder's lock is held).
 * out: a sentence in error. errors: ERR_IO; ERR_NOMEM */
MUST_USE enum err local_socket_start(struct snug *snug, struct local_socket **out_socket,
                                     char error[256]);

/* Calls that wait get no answer any more; before snug_free. NULL is welcome. Returns NULL. */
struct local_socket *local_socket_stop(struct local_socket *s);

/* A call: what is asked, and who hears how far it is (snug_progress), or NULL. */
struct local_call {
    struct text method, params;
    int timeout_ms;
    void (*progress)(void *ctx, int64_t done, int64_t total);
    void *ctx;
};

/* Calls the server that serves this folder; its line, without the line end, is appended to out, which is empty.
 * errors: ERR_NOT_FOUND no server is there; ERR_IO it broke off; ERR_TIMEOUT */
MUST_USE enum err local_socket_call(const char *folder, const struct local_call *call,
                                    struct buf *out);

/* The same of a server in this process. errors: ERR_NOMEM */
MUST_USE enum err local_socket_call_here(struct snug *snug, const struct local_call *call,
                                         struct buf *out);

#endif
