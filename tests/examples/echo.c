/* echo: the smallest WebSocket server on libwsmanager: `echo PORT [CERTIFICATE]`. Port 0 is a free one; it prints which. */
#include "http/handshake.h"
#include "net/reactor.h"
#include "session/ws_conn.h"

#include <signal.h>
#include <stdio.h>
#include <unistd.h>

static void on_message(void *ctx, enum ws_opcode opcode, struct text payload)
{
    role_assert(&role_reactor);
    unsigned bits = ws_deflate_window(payload.len, ws_conn_deflate(ctx));
    struct frame *f = ws_frame_deflated(opcode, payload, bits, 1);
    if (!f || ws_conn_send(ctx, f) != ERR_OK)
        ws_conn_close(ctx, CLOSE_unexpected, TEXT_NONE);
    frame_unref(f);
}

static struct ws_conn_owner owner_of(void *ctx, struct ws_conn *w)
{
    (void)ctx;
    return (struct ws_conn_owner){.ctx = w, .on_message = on_message};
}

static void on_request(void *reactor, struct door_request *r)
{
    static const struct ws_acceptor acceptor = {NULL, 32 << 20, 64 << 20, owner_of};
    struct handshake h;
    struct door_socket s;
    struct refusal no = handshake_check(r, &(struct ws_deflate_rules){15, 15, true}, &h);
    if (no.status != 0)
        handshake_refuse(r, &no);
    else if (handshake_accept(r, &h, NULL, &s) &&
             ws_conn_hand_over(reactor, &(struct ws_socket){s.fd, s.ssl, s.early, h.deflate},
                               &acceptor) != ERR_OK)
        (void)fputs("echo: no room for one more; its connection was closed\n", stderr);
}

int main(int argc, char **argv)
{
    char at[32], error[256] = "";
    struct reactor *reactor;
    struct door *door;
    (void)signal(SIGPIPE, SIG_IGN); /* OpenSSL writes without MSG_NOSIGNAL */
    (void)snprintf(at, sizeof at, "127.0.0.1:%s%s", argc > 1 ? argv[1] : "0", argc > 2 ? "s" : "");
    if (reactor_new(&(struct reactor_options){&env_real, 0, 1024}, &reactor) != ERR_OK ||
        reactor_start(reactor) != ERR_OK)
        return 1;
    struct door_options options = {.listen = at, .listen_count = 1, .workers = 8, .ctx = reactor};
    options.request = on_request;
    options.tls_cert = argc > 2 ? argv[2] : NULL;
    options.head_timeout_ms = options.keep_alive_timeout_ms = 5000;
    bool listens = door_start(&options, &door, error) == ERR_OK;
    (void)printf("%s%d\n", error, listens ? door_port(door, 0) : 0);
    while (listens && fflush(stdout) == 0)
        (void)pause();
    return 1;
}
