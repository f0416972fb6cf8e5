/* Guards: the same promises through TLS: order, what OpenSSL still holds, a slow reader, a clean end. */
#include "net/conn.h"

#include "unit.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static int64_t fake_ms(void *ctx)
{
    (void)ctx;
    return 1000;
}

static const struct env fake_env = {NULL, fake_ms, fake_ms, NULL};

/* ---- a server and a client context around a certificate of this minute */

static SSL_CTX *server_ctx, *client_ctx;

static void make_contexts(void)
{
    if (server_ctx)
        return;
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *certificate = X509_new();
    (void)X509_set_version(certificate, 2);
    (void)ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
    (void)X509_gmtime_adj(X509_getm_notBefore(certificate), 0);
    (void)X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
    (void)X509_set_pubkey(certificate, key);
    X509_NAME *name = X509_get_subject_name(certificate);
    (void)X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"test", -1,
                                     -1, 0);
    (void)X509_set_issuer_name(certificate, name);
    CU_ASSERT(X509_sign(certificate, key, EVP_sha256()) > 0);
    server_ctx = SSL_CTX_new(TLS_server_method());
    client_ctx = SSL_CTX_new(TLS_client_method());
    CHECK_INT(SSL_CTX_use_certificate(server_ctx, certificate), 1);
    CHECK_INT(SSL_CTX_use_PrivateKey(server_ctx, key), 1);
    X509_free(certificate);
    EVP_PKEY_free(key);
}

/* ---- one connection */

struct line {
    struct conn place; /* first */
    struct reactor *reactor;
    struct conn *conn; /* that place */
    SSL *peer;
    int peer_fd;
    size_t got_len;
    unsigned wrong; /* bytes that came out of order */
    int closed;
    bool by_peer;
};

/* The stream's byte at `at`: any loss, doubling or exchange shows. */
static unsigned char byte_at(size_t at)
{
    return (unsigned char)(at ^ at >> 8 ^ at >> 16);
}

static void on_bytes(struct conn *c, unsigned char *bytes, size_t len)
{
    struct line *l = (struct line *)c;
    for (size_t i = 0; i < len; i++)
        l->wrong += bytes[i] != byte_at(l->got_len + i);
    l->got_len += len;
}

static void on_closed(struct conn *c, bool by_peer)
{
    struct line *l = (struct line *)c;
    l->closed++;
    l->by_peer = by_peer;
}

static struct conn_owner owner = {.on_bytes = on_bytes, .on_closed = on_closed};

/* Both ends in one thread: each step goes as far as the other's last one lets it. */
static SSL *shake_hands(int server_fd, struct line *l)
{
    SSL *server = SSL_new(server_ctx);
    l->peer = SSL_new(client_ctx);
    (void)SSL_set_fd(server, server_fd);
    (void)SSL_set_fd(l->peer, l->peer_fd);
    SSL_set_accept_state(server);
    SSL_set_connect_state(l->peer);
    int done = 0;
    for (int i = 0; i < 20 && done < 2; i++)
        done = (SSL_do_handshake(l->peer) == 1) + (SSL_do_handshake(server) == 1);
    CHECK_INT(done, 2);
    return server;
}

static struct line *line_new(size_t budget) CLANG(acquire_capability(role_reactor))
{
    make_contexts();
    struct line *l = calloc(1, sizeof *l);
    int fds[2];
    CHECK_INT(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
    l->peer_fd = fds[1];
    SSL *server = shake_hands(fds[0], l);
    CHECK_INT(reactor_new(&(struct reactor_options){&fake_env, 0, 16}, &l->reactor), ERR_OK);
    reactor_enter(l->reactor);
    l->conn = &l->place;
    struct conn_socket socket = {fds[0], server, TEXT_NONE};
    owner.budget_bytes = budget;
    CHECK_INT(conn_adopt(l->reactor, &socket, &owner, l->conn), ERR_OK);
    return l;
}

static void line_free(struct line *l) CLANG(release_capability(role_reactor))
{
    reactor_leave(l->reactor);
    CHECK_INT(l->closed, 1);
    CHECK_INT(l->wrong, 0);
    reactor_free(l->reactor);
    SSL_free(l->peer);
    if (l->peer_fd >= 0)
        (void)close(l->peer_fd);
    free(l);
}

static void turn(struct line *l) ON(role_reactor)
{
    reactor_turn(l->reactor, 0);
}

static int peer_write(struct line *l, size_t from, size_t len)
{
    static unsigned char block[16384];
    for (size_t i = 0; i < len; i++)
        block[i] = byte_at(from + i);
    return SSL_write(l->peer, block, (int)len);
}

/* ---- */

static void bytes_reach_the_owner_and_frames_the_peer(void)
{
    char out[100] = "";
    struct line *l = line_new(1000);
    CHECK_INT(peer_write(l, 0, 5), 5);
    turn(l);
    turn(l);
    CHECK_INT(l->got_len, 5);
    struct frame *f = frame_new(TEXT("hello "));
    for (int i = 0; i < 3; i++)
        CHECK_INT(conn_send(l->conn, f), ERR_OK);
    frame_unref(f);
    turn(l);
    CHECK_INT(SSL_read(l->peer, out, sizeof out - 1), 18); /* three frames, one record */
    CHECK_TEXT(out, "hello hello hello ");
    CHECK_INT(conn_stats(l->conn).bytes_out, 18);
    line_free(l);
}

/* A record came together with the end of the handshake, before the connection was adopted. */
static void what_openssl_already_holds_is_read(void)
{
    make_contexts();
    struct line *l = calloc(1, sizeof *l);
    int fds[2];
    char first;
    CHECK_INT(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
    l->peer_fd = fds[1];
    SSL *server = shake_hands(fds[0], l);
    CHECK_INT(peer_write(l, 0, 100), 100);
    CHECK_INT(SSL_peek(server, &first, 1), 1); /* the record has left the socket */
    CHECK_INT(reactor_new(&(struct reactor_options){&fake_env, 0, 16}, &l->reactor), ERR_OK);
    reactor_enter(l->reactor);
    l->conn = &l->place;
    struct conn_socket socket = {fds[0], server, TEXT_NONE};
    owner.budget_bytes = 1000;
    CHECK_INT(conn_adopt(l->reactor, &socket, &owner, l->conn), ERR_OK);
    turn(l);
    CHECK_INT(l->got_len, 100);
    line_free(l);
}

/* 12 records of 16 KiB wait: a turn reads some of them and the next turns the rest, without another byte coming. */
static void many_records_take_several_turns(void)
{
    struct line *l = line_new(1000);
    int size = 1024 * 1024;
    CHECK_INT(setsockopt(l->peer_fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size), 0);
    size_t sent = 0;
    while (sent < (size_t)12 * 16384) {
        int n = peer_write(l, sent, 16384);
        if (n <= 0)
            break;
        sent += (size_t)n;
    }
    CU_ASSERT(sent > 100000);
    turn(l);
    CU_ASSERT(l->got_len > 0 && l->got_len < sent);
    for (int i = 0; i < 20; i++)
        turn(l);
    CHECK_INT(l->got_len, sent);
    line_free(l);
}

/* The reader stops until the budget is full, while writes are left half done; then it gets everything, in order. */
static void a_slow_reader_gets_every_byte_in_order(void)
{
    static unsigned char block[7777], out[65536];
    struct line *l = line_new(300000);
    size_t queued = 0;
    for (;;) {
        for (size_t i = 0; i < sizeof block; i++)
            block[i] = byte_at(queued + i);
        struct frame *f = frame_new((struct text){(const char *)block, sizeof block});
        enum err e = conn_send(l->conn, f);
        frame_unref(f);
        if (e != ERR_OK)
            break;
        queued += sizeof block;
        turn(l);
    }
    CU_ASSERT(conn_queue_bytes(l->conn) > 290000);
    size_t total = 0;
    for (int i = 0; i < 2000 && total < queued; i++) {
        int n = SSL_read(l->peer, out, sizeof out);
        for (int k = 0; k < n; k++)
            l->wrong += out[k] != byte_at(total + (size_t)k);
        total += n > 0 ? (size_t)n : 0;
        ERR_clear_error();
        turn(l);
    }
    CHECK_INT(total, queued);
    CHECK_INT(conn_queue_bytes(l->conn), 0);
    line_free(l);
}

/* 3008 through TLS: the peer reads nothing, the close frame finds room, and what comes before it is whole. */
static void a_dropped_queue_makes_room_for_the_last_frame(void)
{
    static unsigned char block[7777], out[1 << 20];
    struct line *l = line_new(300000);
    for (size_t queued = 0;; queued += sizeof block) {
        for (size_t i = 0; i < sizeof block; i++)
            block[i] = byte_at(queued + i);
        struct frame *f = frame_new((struct text){(const char *)block, sizeof block});
        enum err e = conn_send(l->conn, f);
        frame_unref(f);
        if (e != ERR_OK)
            break;
        turn(l);
    }
    conn_drop_queue(l->conn);
    CU_ASSERT(conn_queue_bytes(l->conn) < 32768);
    struct frame *f = frame_new(TEXT("last"));
    CHECK_INT(conn_send(l->conn, f), ERR_OK);
    frame_unref(f);
    conn_close(l->conn, 500);
    size_t total = 0;
    int n = 0;
    for (int i = 0; i < 2000 && total + 1 < sizeof out; i++) {
        n = SSL_read(l->peer, out + total, (int)(sizeof out - total));
        total += n > 0 ? (size_t)n : 0;
        if (n <= 0 && SSL_get_error(l->peer, n) == SSL_ERROR_ZERO_RETURN)
            break;
        ERR_clear_error();
        turn(l);
    }
    CHECK_INT(SSL_get_error(l->peer, n), SSL_ERROR_ZERO_RETURN);
    CU_ASSERT_FATAL(total > 4 && (total - 4) % sizeof block == 0); /* whole frames */
    CU_ASSERT(memcmp(out + total - 4, "last", 4) == 0);
    for (size_t i = 0; i < total - 4; i++)
        l->wrong += out[i] != byte_at(i);
    line_free(l);
}

static void lingering_ends_with_a_close_notify(void)
{
    char out[100] = "";
    struct line *l = line_new(1000);
    struct frame *f = frame_new(TEXT("last"));
    CHECK_INT(conn_send(l->conn, f), ERR_OK);
    frame_unref(f);
    conn_close(l->conn, 500);
    turn(l);
    CHECK_INT(SSL_read(l->peer, out, sizeof out - 1), 4);
    CHECK_INT(SSL_get_error(l->peer, SSL_read(l->peer, out, 1)), SSL_ERROR_ZERO_RETURN);
    CHECK_INT(l->closed, 0);
    (void)SSL_shutdown(l->peer);
    turn(l);
    turn(l);
    CHECK_INT(l->closed, 1);
    CU_ASSERT_FALSE(l->by_peer);
    line_free(l);
}

static void the_peers_end_and_its_disappearance_are_told(void)
{
    struct line *l = line_new(1000);
    CHECK_INT(peer_write(l, 0, 3), 3);
    (void)SSL_shutdown(l->peer);
    turn(l);
    turn(l);
    CHECK_INT(l->got_len, 3);
    CHECK_INT(l->closed, 1);
    CU_ASSERT_TRUE(l->by_peer);
    line_free(l);

    l = line_new(1000);
    (void)close(l->peer_fd); /* no close_notify */
    l->peer_fd = -1;
    turn(l);
    turn(l);
    CHECK_INT(l->closed, 1);
    CU_ASSERT_TRUE(l->by_peer);
    line_free(l);
}

static void bytes_that_are_no_tls_end_the_connection(void)
{
    struct line *l = line_new(1000);
    CHECK_INT(write(l->peer_fd, "GET / HTTP/1.1\r\n\r\n", 18), 18);
    turn(l);
    turn(l);
    CHECK_INT(l->got_len, 0);
    CHECK_INT(l->closed, 1);
    CU_ASSERT_TRUE(l->by_peer);
    line_free(l);
}

static void contexts_are_freed(void)
{
    SSL_CTX_free(server_ctx);
    SSL_CTX_free(client_ctx);
    server_ctx = client_ctx = NULL;
    CU_ASSERT_PTR_NULL(server_ctx);
}

UNIT("net/tls", CASE(bytes_reach_the_owner_and_frames_the_peer),
     CASE(what_openssl_already_holds_is_read), CASE(many_records_take_several_turns),
     CASE(a_slow_reader_gets_every_byte_in_order),
     CASE(a_dropped_queue_makes_room_for_the_last_frame), CASE(lingering_ends_with_a_close_notify),
     CASE(the_peers_end_and_its_disappearance_are_told),
     CASE(bytes_that_are_no_tls_end_the_connection), CASE(contexts_are_freed))
