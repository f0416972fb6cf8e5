/* Guards: CIVETWEB.md, Gate: who waits, what a worker gets, what is over a bound. The test plays the workers. */
#include "http/gate.h"

#include "base/metrics.h"
#include "base/must.h"
#include "base/queue.h"
#include "fault.h"
#include "raw_http.h"
#include "unit.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/resource.h>

#define GET "GET / HTTP/1.1\r\n\r\n"
#define OK "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
#define QUEUE_MAX 4
#define MANY ((size_t)16)
#define MIB ((size_t)1 << 20)

static struct {
    struct gate *gate;
    struct queue *given;   /* struct gate_conn *; what the gate gave to a worker */
    struct queue *refused; /* int */
    atomic_uint
        fault; /* the n-th allocation of the gate's thread fails, after the next quick request */
    int port;
} at;

static bool give(void *ctx, struct gate_conn *c)
{
    (void)ctx;
    return queue_push(at.given, &c) == ERR_OK;
}

static void answer(struct gate_conn *c, const char *words, bool keep)
{
    c->keep = keep;
    c->in.len = 0;
    (void)gate_write(at.gate, c, text_of(words), TEXT_NONE);
    gate_return(at.gate, c);
}

static void serve(void *ctx, struct gate_conn *c)
{
    (void)ctx;
    role_assert(&role_http);
    unsigned n = atomic_load(&at.fault);
    (void)fault_end();
    answer(c, OK, false);
    if (n > 0)
        fault_at(n);
}

static void refuse(void *ctx, struct gate_conn *c, int status)
{
    (void)ctx;
    role_assert(&role_http);
    must(queue_push(at.refused, &status) == ERR_OK);
    answer(c, "HTTP/1.1 400 No\r\n\r\n", false);
}

static struct gate_options options(void)
{
    return (struct gate_options){.listen = "127.0.0.1:0",
                                 .listen_count = 1,
                                 .head_ms = 5000,
                                 .body_ms = 5000,
                                 .idle_ms = 5000,
                                 .send_ms = 5000,
                                 .rules = {1024, MIB, "/quick"},
                                 .give = give,
                                 .serve = serve,
                                 .refuse = refuse};
}

static void begin(const struct gate_options *o)
{
    char error[256] = "";
    at.given = queue_new(QUEUE_MAX, sizeof(struct gate_conn *));
    at.refused = queue_new(1024, sizeof(int));
    must(at.given && at.refused);
    must(gate_new(o, &at.gate, error) == ERR_OK);
    CHECK_TEXT(error, "");
    must(gate_start(at.gate) == ERR_OK);
    at.port = gate_port(at.gate, 0);
}

static void end(void)
{
    gate_stop(at.gate);
    at.gate = gate_free(at.gate);
    at.given = queue_free(at.given);
    at.refused = queue_free(at.refused);
    CHECK_INT(metric_get(METRIC_http_waiting), 0);
}

static int say(const char *words)
{
    int fd = raw_connect(at.port);
    must(fd >= 0);
    raw_say(fd, words);
    return fd;
}

static struct gate_conn *taken(void)
{
    struct gate_conn *c = NULL;
    CHECK_INT(queue_take(at.given, &c, 1, raw_now_ms() + RAW_DEADLINE_MS), 1);
    must(c);
    return c;
}

static int refused_with(void)
{
    int status = 0;
    (void)queue_take(at.refused, &status, 1, raw_now_ms() + RAW_DEADLINE_MS);
    return status;
}

static bool comes(int fd, const char *until)
{
    static char all[RAW_ANSWER_MAX];
    (void)raw_read_until(fd, until, all);
    return strstr(all, until) != NULL;
}

/* What came until the other side ended; a reset is an end too. */
static size_t drained(int fd)
{
    static char some[65536];
    size_t seen = 0;
    for (;;) {
        ssize_t n = recv(fd, some, sizeof some, 0);
        if (n <= 0)
            return seen;
        seen += (size_t)n;
    }
}

static void wait_until(enum metric m, int64_t value)
{
    long long deadline_ms = raw_now_ms() + RAW_DEADLINE_MS;
    while (metric_get(m) != value && raw_now_ms() < deadline_ms)
        (void)poll(NULL, 0, 2);
    CHECK_INT(metric_get(m), value);
}

/* ---- requests */

static void a_worker_gets_a_request_that_is_whole(void)
{
    struct gate_options o = options();
    begin(&o);
    int fd = say("POST / HTTP/1.1\r\nContent-Le");
    wait_until(METRIC_http_waiting, 1);
    raw_say(fd, "ngth: 5\r\n\r\n123");
    CHECK_INT(gate_busy(at.gate), 0);
    raw_say(fd, "45");
    struct gate_conn *c = taken();
    CHECK_INT(gate_busy(at.gate), 1);
    CHECK_INT(c->in.len, strlen("POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\n12345"));
    CHECK_INT(c->in.data[c->in.len], 0);
    CU_ASSERT(c->end.body_came);
    answer(c, OK, true);
    CU_ASSERT(comes(fd, OK));
    CHECK_INT(gate_busy(at.gate), 0);
    raw_say(fd, GET);
    c = taken();
    CHECK_INT(c->in.len, strlen(GET));
    answer(c, OK, false);
    CHECK_INT(drained(fd), strlen(OK));
    (void)close(fd);
    end();
}

static void what_came_behind_a_request_is_the_next(void)
{
    struct gate_options o = options();
    begin(&o);
    int fd = say(GET GET "GET /a");
    for (int i = 0; i < 3; i++) {
        struct gate_conn *c = taken();
        size_t len = i < 2 ? strlen(GET) : strlen("GET /a\r\n\r\n");
        CU_ASSERT(c->in.len >= len);
        (void)gate_write(at.gate, c, TEXT(OK), TEXT_NONE);
        c->keep = true;
        c->in.len -= len;
        (void)memmove(c->in.data, c->in.data + len, c->in.len);
        gate_return(at.gate, c);
        if (i == 1)
            raw_say(fd, "\r\n\r\n");
    }
    (void)close(fd);
    wait_until(METRIC_http_waiting, 0);
    end();
}

/* Four fit into the workers' queue; the others wait at the gate, and none is lost. */
static void requests_wait_while_the_workers_are_busy(void)
{
    struct gate_options o = options();
    begin(&o);
    int fds[MANY];
    for (size_t i = 0; i < MANY; i++)
        fds[i] = say(GET);
    wait_until(METRIC_http_waiting, MANY);
    CU_ASSERT(queue_length(at.given) <= QUEUE_MAX);
    CU_ASSERT(gate_busy(at.gate) >= QUEUE_MAX);
    int quick = say("GET /quick HTTP/1.1\r\nUpgrade: websocket\r\n\r\n");
    CU_ASSERT(comes(quick, OK)); /* needs none of them */
    for (size_t i = 0; i < MANY; i++)
        answer(taken(), OK, false);
    for (size_t i = 0; i < MANY; i++) {
        CHECK_INT(drained(fds[i]), strlen(OK));
        (void)close(fds[i]);
    }
    (void)close(quick);
    end();
}

static void what_is_no_request_is_refused(void)
{
    static char head[1025];
    (void)memset(head, 'x', sizeof head - 1);
    struct gate_options o = options();
    o.head_ms = o.body_ms = 1000;
    begin(&o);
    int64_t late = metric_get(METRIC_http_timeouts);
    int fds[4] = {say(head), say("GET"), say("GET"),
                  say("POST / HTTP/1.1\r\nContent-Length: 1\r\n\r\n")};
    int silent = say("");
    CHECK_INT(refused_with(), 431);
    (void)shutdown(fds[1], SHUT_WR);
    CHECK_INT(refused_with(), 400);
    CHECK_INT(refused_with(), 408); /* the head */
    CHECK_INT(refused_with(), 408); /* the body */
    CHECK_INT(drained(silent), 0);
    CHECK_INT(metric_get(METRIC_http_timeouts) - late, 3);
    for (size_t i = 0; i < 4; i++) {
        CU_ASSERT(drained(fds[i]) > 0);
        (void)close(fds[i]);
    }
    (void)close(silent);
    end();
}

/* ---- answers */

static void what_the_client_does_not_take_is_kept_up_to_a_bound(void)
{
    static char much[24 * MIB];
    struct gate_options o = options();
    begin(&o);
    int fds[2] = {say(GET), say(GET)};
    for (size_t i = 0; i < 2; i++) {
        struct gate_conn *c = taken();
        c->in.len = 0;
        int fd = -1;
        struct ssl_st *ssl;
        bool kept = gate_write(at.gate, c, TEXT(OK), (struct text){much, (i ? 24 : 16) * MIB});
        CHECK_INT(kept, i == 0);
        CU_ASSERT(i || !gate_take(at.gate, c, &fd, &ssl)); /* there is something to be sent */
        gate_return(at.gate, c);
    }
    CU_ASSERT(gate_busy(at.gate) >= 1); /* until the last byte */
    CHECK_INT(drained(fds[0]), strlen(OK) + 16 * MIB);
    CU_ASSERT(drained(fds[1]) < 24 * MIB);
    (void)close(fds[0]);
    (void)close(fds[1]);
    wait_until(METRIC_http_waiting, 0);
    end();
}

static void an_answer_that_is_not_taken_in_time_is_cut(void)
{
    static char much[16 * MIB];
    struct gate_options o = options();
    o.send_ms = 100;
    begin(&o);
    int64_t late = metric_get(METRIC_http_timeouts);
    int fd = say(GET);
    struct gate_conn *c = taken();
    CU_ASSERT(gate_write(at.gate, c, (struct text){much, sizeof much}, TEXT_NONE));
    gate_return(at.gate, c);
    wait_until(METRIC_http_waiting, 0);
    CHECK_INT(metric_get(METRIC_http_timeouts) - late, 1);
    CU_ASSERT(drained(fd) < sizeof much);
    (void)close(fd);
    end();
}

static void a_socket_that_is_taken_is_forgotten(void)
{
    struct gate_options o = options();
    begin(&o);
    int fd = say(GET), theirs = -1;
    struct gate_conn *c = taken();
    struct ssl_st *ssl;
    CU_ASSERT(gate_take(at.gate, c, &theirs, &ssl));
    CU_ASSERT(!gate_take(at.gate, c, &theirs, &ssl));
    gate_return(at.gate, c);
    wait_until(METRIC_http_waiting, 0);
    end();
    raw_say(theirs, OK); /* it is open yet */
    CU_ASSERT(comes(fd, OK));
    (void)close(theirs);
    (void)close(fd);
}

/* ---- a file behind an answer */

#define FILE_MAX (24 * MIB)

/* So many bytes in a file without a name; its descriptor. */
static int file_of(size_t len)
{
    char path[] = "/tmp/snug-gate-XXXXXX";
    int fd = mkstemp(path);
    must(fd >= 0 && unlink(path) == 0);
    for (size_t i = 0; i < len; i += MIB / 4) { /* each quarter of a MiB begins with its number */
        unsigned char number = (unsigned char)(i / (MIB / 4) + 1);
        must(pwrite(fd, &number, 1, (off_t)i) == 1);
    }
    must(ftruncate(fd, (off_t)len) == 0);
    return fd;
}

static bool is_open(int fd)
{
    return fcntl(fd, F_GETFD) >= 0;
}

/* What a client reads until the other side ends, or until it has `most`. */
struct reader {
    int fd;
    size_t most, seen;
    bool good; /* the numbers were where they should be */
};

static void *read_all(void *arg)
{
    struct reader *r = arg;
    static _Thread_local unsigned char some[65536];
    size_t head = strlen(OK);
    r->good = true;
    while (r->seen < r->most) {
        ssize_t n = recv(r->fd, some, sizeof some, 0);
        if (n <= 0)
            break;
        for (ssize_t i = 0; i < n; i++) {
            size_t place = r->seen + (size_t)i - head;
            if (r->seen + (size_t)i >= head && place % (MIB / 4) == 0)
                r->good = r->good && some[i] == (unsigned char)(place / (MIB / 4) + 1);
        }
        r->seen += (size_t)n;
    }
    return NULL;
}

/* Gives the answer with the file to the gate. */
static struct gate_conn *send_file(int client, int file, size_t len, bool keep)
{
    raw_say(client, GET);
    struct gate_conn *c = taken();
    c->keep = keep;
    c->in.len = 0;
    CU_ASSERT(gate_write(at.gate, c, TEXT(OK), TEXT_NONE));
    gate_send_file(c, file, 0, (int64_t)len);
    gate_return(at.gate, c);
    return c;
}

/* Plays the workers until nothing of a file is left; how many turns it took. */
static unsigned play(const int *file)
{
    unsigned turns = 0;
    while (is_open(*file)) {
        struct gate_conn *c = NULL;
        if (queue_take(at.given, &c, 1, raw_now_ms() + 20) != 1)
            continue;
        CU_ASSERT(c->file.left > 0);
        gate_send_more(c);
        gate_return(at.gate, c);
        turns++;
    }
    return turns;
}

static void a_file_goes_in_turns_and_the_connection_stays(void)
{
    struct gate_options o = options();
    begin(&o);
    int fd = say(""), file = file_of(FILE_MAX);
    struct reader r = {.fd = fd, .most = strlen(OK) + FILE_MAX};
    pthread_t reader;
    must(pthread_create(&reader, NULL, read_all, &r) == 0);
    (void)send_file(fd, file, FILE_MAX, true);
    CU_ASSERT(play(&file) >= FILE_MAX / MIB); /* a turn is a quarter of a MiB at most */
    must(pthread_join(reader, NULL) == 0);
    CHECK_INT(r.seen, strlen(OK) + FILE_MAX);
    CU_ASSERT(r.good);
    raw_say(fd, GET);
    answer(taken(), OK, false);
    CHECK_INT(drained(fd), strlen(OK));
    (void)close(fd);
    end();
}

static void a_small_file_needs_one_turn(void)
{
    struct gate_options o = options();
    begin(&o);
    int fd = say(""), file = file_of(1000);
    (void)send_file(fd, file, 1000, false);
    CU_ASSERT(!is_open(file));
    CHECK_INT(drained(fd), strlen(OK) + 1000);
    (void)close(fd);
    int none = file_of(10); /* nothing of it is wanted: it is closed */
    fd = say("");
    (void)send_file(fd, none, 0, false);
    CU_ASSERT(!is_open(none));
    CHECK_INT(drained(fd), strlen(OK));
    (void)close(fd);
    end();
}

/* Who does not read holds no worker and nothing of the file in memory; when they read it goes on. */
static void a_slow_client_waits_at_the_gate(void)
{
    struct gate_options o = options();
    begin(&o);
    int fd = say(""), file = file_of(FILE_MAX);
    struct gate_conn *c = send_file(fd, file, FILE_MAX, false), *again = NULL;
    while (queue_take(at.given, &again, 1, raw_now_ms() + 300) == 1) {
        gate_send_more(again);
        gate_return(at.gate, again);
    }
    CU_ASSERT(is_open(file));
    CHECK_INT(c->out.len, 0);
    CHECK_INT(gate_busy(at.gate), 1);
    int other = say(GET); /* the workers are free */
    answer(taken(), OK, false);
    CHECK_INT(drained(other), strlen(OK));
    (void)close(other);
    struct reader r = {.fd = fd, .most = SIZE_MAX};
    pthread_t reader;
    must(pthread_create(&reader, NULL, read_all, &r) == 0);
    (void)play(&file);
    must(pthread_join(reader, NULL) == 0);
    CHECK_INT(r.seen, strlen(OK) + FILE_MAX);
    CU_ASSERT(r.good);
    (void)close(fd);
    end();
}

/* Whatever ends a connection ends its file: its time, its client, a file that is shorter than was said, the end of the gate. */
static void a_file_is_closed_with_its_connection(void)
{
    enum { LATE, GONE, CUT, STOPPED, WAYS };
    for (int way = 0; way < WAYS; way++) {
        struct gate_options o = options();
        o.send_ms = way == LATE ? 200 : 5000;
        begin(&o);
        int64_t late = metric_get(METRIC_http_timeouts);
        int fd = say(""), file = file_of(FILE_MAX);
        (void)send_file(fd, file, FILE_MAX, false);
        if (way == CUT)
            must(ftruncate(file, (off_t)MIB) == 0);
        if (way == GONE)
            (void)close(fd);
        struct reader r = {.fd = fd, .most = way == CUT ? SIZE_MAX : 0};
        pthread_t reader;
        must(pthread_create(&reader, NULL, read_all, &r) == 0);
        if (way != STOPPED)
            (void)play(&file);
        must(pthread_join(reader, NULL) == 0);
        CHECK_INT(metric_get(METRIC_http_timeouts) - late, way == LATE);
        CU_ASSERT(way != CUT || r.seen < strlen(OK) + FILE_MAX);
        struct gate_conn *c = NULL;
        while (way == STOPPED && queue_take(at.given, &c, 1, raw_now_ms() + 100) == 1) {
            gate_send_more(c);
            gate_return(at.gate, c);
        }
        end();
        CU_ASSERT(!is_open(file));
        if (way != GONE)
            (void)close(fd);
    }
}

/* ---- bounds */

static void who_is_idle_for_longest_makes_room(void)
{
    struct gate_options o = options();
    o.waiting_max = 2;
    begin(&o);
    int64_t evicted = metric_get(METRIC_http_evicted);
    int fds[3];
    for (size_t i = 0; i < 3; i++) {
        fds[i] = say(GET);
        answer(taken(), OK, true);
        CU_ASSERT(comes(fds[i], OK));
    }
    CHECK_INT(metric_get(METRIC_http_evicted) - evicted, 1);
    CHECK_INT(drained(fds[0]), 0);
    for (size_t i = 0; i < 3; i++)
        (void)close(fds[i]);
    end();
}

static void others_are_sent_away(void)
{
    struct gate_options o = options();
    o.waiting_max = 3;
    o.address_max = 2;
    begin(&o);
    int64_t of_address = metric_get(METRIC_http_refused_address);
    int64_t full = metric_get(METRIC_http_refused_full);
    int fds[2] = {say(GET), say(GET)}; /* they are being answered: they do not make room */
    struct gate_conn *first = taken(), *second = taken();
    CHECK_INT(raw_status(raw_ask(at.port, GET)), 503);
    CHECK_INT(metric_get(METRIC_http_refused_address) - of_address, 1);
    answer(first, OK, false);
    (void)drained(fds[0]);
    CHECK_INT(drained(fds[0]), 0);
    wait_until(METRIC_http_waiting, 1);
    int again = say(GET);
    answer(taken(), OK, false);
    CU_ASSERT(comes(again, OK));
    answer(second, OK, false);
    CHECK_INT(metric_get(METRIC_http_refused_full), full);
    (void)close(again);
    (void)close(fds[0]);
    (void)close(fds[1]);
    end();
    o.address_max = 0;
    o.waiting_max = 1;
    begin(&o);
    fds[0] = say(GET);
    first = taken();
    CU_ASSERT(strstr(raw_ask(at.port, GET), "\r\nRetry-After: 1\r\n") != NULL);
    CHECK_INT(metric_get(METRIC_http_refused_full) - full, 1);
    answer(first, OK, false);
    (void)close(fds[0]);
    end();
}

/* 64 MiB in all: of 80 bodies of a MiB that do not end, at least 16 have no room. */
static void bytes_that_wait_have_a_bound(void)
{
    enum { BODIES = 80 };
    static char body[MIB - 1];
    int fds[BODIES];
    struct gate_options o = options();
    begin(&o);
    int64_t refused = metric_get(METRIC_http_refused_bytes);
    for (size_t i = 0; i < BODIES; i++) {
        fds[i] = say("POST / HTTP/1.1\r\nContent-Length: 1048576\r\n\r\n");
        raw_send(fds[i], body, sizeof body);
    }
    CHECK_INT(refused_with(), 503);
    long long deadline_ms = raw_now_ms() + RAW_DEADLINE_MS;
    while (metric_get(METRIC_http_refused_bytes) - refused < 16 && raw_now_ms() < deadline_ms)
        (void)poll(NULL, 0, 2);
    CU_ASSERT(metric_get(METRIC_http_refused_bytes) - refused >= 16);
    int fd = say(GET); /* what is small has room all the same */
    answer(taken(), OK, false);
    CU_ASSERT(comes(fd, OK));
    (void)close(fd);
    for (size_t i = 0; i < BODIES; i++)
        (void)close(fds[i]);
    wait_until(METRIC_http_waiting, 0);
    end();
}

/* Accepting fails with EMFILE: the thread looks again ten times a second, not all the time. */
static void without_descriptors_it_pauses(void)
{
    struct gate_options o = options();
    begin(&o);
    int64_t before = metric_get(METRIC_http_accept_pauses);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons((unsigned short)at.port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct rlimit was, none;
    must(getrlimit(RLIMIT_NOFILE, &was) == 0);
    none = (struct rlimit){3, was.rlim_max};
    must(setrlimit(RLIMIT_NOFILE, &none) == 0);
    CHECK_INT(connect(fd, (const struct sockaddr *)&to, sizeof to), 0);
    raw_say(fd, GET);
    long long until_ms = raw_now_ms() + 500;
    while (raw_now_ms() < until_ms)
        (void)poll(NULL, 0, 10);
    int64_t pauses = metric_get(METRIC_http_accept_pauses) - before;
    CU_ASSERT(pauses >= 1 && pauses <= 6);
    must(setrlimit(RLIMIT_NOFILE, &was) == 0);
    answer(taken(), OK, false);
    CU_ASSERT(comes(fd, OK));
    (void)close(fd);
    end();
}

/* Each allocation of the gate's thread fails once: one connection is closed, the others do not notice. */
static void without_memory_one_connection_ends(void)
{
    static const char quick[] = "GET /quick HTTP/1.1\r\nUpgrade: websocket\r\n\r\n";
    struct gate_options o = options();
    begin(&o);
    for (unsigned n = 1; n <= 6; n++) {
        atomic_store(&at.fault, n);
        for (unsigned i = 0; i < 2; i++) { /* the first sets the fault, the second meets it */
            int fd = say(quick);
            (void)drained(fd);
            (void)close(fd);
        }
    }
    atomic_store(&at.fault, 0);
    int fd = -1;
    do { /* the last fault may be ahead */
        if (fd >= 0)
            (void)close(fd);
        fd = say(quick);
    } while (!comes(fd, OK));
    (void)close(fd);
    end();
    char error[256];
    fault_at(1);
    CHECK_INT(gate_new(&o, &at.gate, error), ERR_NOMEM);
    CU_ASSERT(fault_end());
}

/* ---- begin and end */

static void addresses_are_ipv4_ipv6_and_localhost(void)
{
    struct gate_options o = options();
    o.listen = "127.0.0.1:0,localhost:0,[::1]:0";
    o.listen_count = 3;
    begin(&o);
    for (unsigned i = 0; i < 2; i++) {
        at.port = gate_port(at.gate, i);
        int fd = say(GET);
        answer(taken(), OK, false);
        CU_ASSERT(comes(fd, OK));
        (void)close(fd);
    }
    struct sockaddr_in6 to = {.sin6_family = AF_INET6,
                              .sin6_port = htons((unsigned short)gate_port(at.gate, 2)),
                              .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK_INT(connect(fd, (const struct sockaddr *)&to, sizeof to), 0);
    raw_say(fd, GET);
    struct gate_conn *c = taken();
    CHECK_INT(c->peer.any.sa_family, AF_INET6);
    answer(c, OK, false);
    CU_ASSERT(comes(fd, OK));
    (void)close(fd);
    /* A port that is taken says so. */
    char taken_port[64], error[256] = "";
    struct gate *other;
    (void)snprintf(taken_port, sizeof taken_port, "127.0.0.1:%d", gate_port(at.gate, 0));
    o.listen = taken_port;
    o.listen_count = 1;
    CHECK_INT(gate_new(&o, &other, error), ERR_IO);
    CU_ASSERT(strstr(error, taken_port) != NULL);
    static const char *const wrong[] = {
        "",        "80",          "127.0.0.1", "127.0.0.1:x", "127.0.0.1:65536", "name.example:80",
        "[::1:80", "127.0.0.1:0s"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        o.listen = wrong[i];
        error[0] = 0;
        CHECK_INT(gate_new(&o, &other, error), ERR_IO);
        CU_ASSERT(error[0] != 0);
    }
    end();
}

static void after_its_close_only_answers_go_on(void)
{
    struct gate_options o = options();
    begin(&o);
    int idle = say(GET), half = say("GET"), busy, late;
    answer(taken(), OK, true);
    CU_ASSERT(comes(idle, OK));
    busy = say(GET);
    struct gate_conn *c = taken();
    late = say(GET);
    struct gate_conn *later = taken();
    gate_close(at.gate);
    CU_ASSERT(gate_closes(at.gate));
    CHECK_INT(raw_connect(at.port), -1);
    CHECK_INT(drained(idle), 0);
    CHECK_INT(drained(half), 0);
    CHECK_INT(gate_busy(at.gate), 2);
    answer(c, OK, true); /* it ends all the same */
    CHECK_INT(drained(busy), strlen(OK));
    gate_stop(at.gate);
    gate_return(at.gate, later); /* too late: closed */
    CHECK_INT(drained(late), 0);
    int fds[4] = {idle, half, busy, late};
    for (size_t i = 0; i < 4; i++)
        (void)close(fds[i]);
    end();
}

UNIT("http/gate", CASE(a_worker_gets_a_request_that_is_whole),
     CASE(what_came_behind_a_request_is_the_next), CASE(requests_wait_while_the_workers_are_busy),
     CASE(what_is_no_request_is_refused), CASE(what_the_client_does_not_take_is_kept_up_to_a_bound),
     CASE(an_answer_that_is_not_taken_in_time_is_cut), CASE(a_socket_that_is_taken_is_forgotten),
     CASE(a_file_goes_in_turns_and_the_connection_stays), CASE(a_small_file_needs_one_turn),
     CASE(a_slow_client_waits_at_the_gate), CASE(a_file_is_closed_with_its_connection),
     CASE(who_is_idle_for_longest_makes_room), CASE(others_are_sent_away),
     CASE(bytes_that_wait_have_a_bound), CASE(without_descriptors_it_pauses),
     CASE(without_memory_one_connection_ends), CASE(addresses_are_ipv4_ipv6_and_localhost),
     CASE(after_its_close_only_answers_go_on))
