#include "load/look.h"

#include "base/buf.h"
#include "load/line_io.h"
#include "wire/json.h"

#include <stdio.h>
#include <sys/time.h>

#define PAGE_MAX ((size_t)1 << 20)
#define ANSWER_S 5

enum look_kind { LOOK_NOW, LOOK_SINCE };

static const struct {
    const char *name, *metric;
    enum look_kind kind;
    const char *words;
} rows[] = {
#define LOOK(name, metric, kind, words) {#name, metric, LOOK_##kind, words},
#include "load/look.def"
#undef LOOK
};

void look_read(struct text page, struct look *out)
{
    struct text line;
    for (size_t i = 0; i < LOOK_COUNT; i++)
        out->values[i] = -1;
    while (text_split(&page, '\n', &line)) {
        struct text name;
        if (!text_split(&line, ' ', &name) || !line.data)
            continue;
        for (size_t i = 0; i < LOOK_COUNT; i++)
            if (text_is(name, text_of(rows[i].metric)))
                (void)json_int(text_trim(line), 0, INT64_MAX, &out->values[i]);
    }
}

int64_t look_change(const struct look *before, const struct look *after, enum look_name name)
{
    int64_t now = after->values[name], then = before->values[name];
    if (rows[name].kind == LOOK_NOW || now < 0)
        return now;
    return then >= 0 && now >= then ? now - then : -1;
}

const char *look_label(enum look_name name)
{
    return rows[name].name;
}

const char *look_words(enum look_name name)
{
    return rows[name].words;
}

/* ---- asking */

/* A line on a socket that blocks, but not for long. */
static bool dial(struct lines *s, struct line *l)
{
    struct timeval patience = {.tv_sec = ANSWER_S};
    l->fd = socket(s->address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (l->fd < 0 || setsockopt(l->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) != 0 ||
        setsockopt(l->fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience) != 0 ||
        connect(l->fd, (struct sockaddr *)&s->address, s->address_len) != 0)
        return false;
    return !s->tls || (line_io_secure_begin(s, l) && line_io_secure(l) == LINE_IO_DONE);
}

static bool exchange(struct line *l, struct text request, struct buf *answer)
{
    size_t n = 0;
    for (; request.len > 0; request = text_after(request, n))
        if (line_io_write(l, (const unsigned char *)request.data, request.len, &n) != LINE_IO_DONE)
            return false;
    for (;;) {
        char *room = buf_space(answer, 16384);
        if (!room)
            return false;
        enum line_io io = line_io_read(l, (unsigned char *)room, 16384, &n);
        if (io != LINE_IO_DONE) /* a server may end TLS without saying so: what it sent is here */
            return answer->len > 0 && io != LINE_IO_LATER;
        buf_grown(answer, n);
    }
}

enum err look_ask(struct lines *s, struct text api_key, struct look *out, char *error,
                  size_t error_size)
{
    static const char good[] = "HTTP/1.1 200 ";
    struct line l = {.fd = -1};
    struct buf request, answer;
    buf_init(&request, 32768);
    buf_init(&answer, PAGE_MAX);
    buf_add_format(&request,
                   "GET /metrics HTTP/1.1\r\nHost: %s\r\nX-API-Key: %.*s\r\n"
                   "Connection: close\r\n\r\n",
                   s->options->target.authority, TEXT_ARG(api_key));
    bool asked = request.err == ERR_OK && dial(s, &l) && exchange(&l, buf_text(&request), &answer);
    line_io_close(&l);
    enum err e = ERR_IO;
    struct text page = buf_text(&answer);
    const char *body = page.len > 0 ? memmem(page.data, page.len, "\r\n\r\n", 4) : NULL;
    if (!asked || !body) {
        (void)snprintf(error, error_size, "--api-key-env: /metrics of the server did not answer.");
    } else if (page.len < sizeof good || memcmp(page.data, good, sizeof good - 1) != 0) {
        (void)snprintf(error, error_size, "--api-key-env: /metrics of the server answered %.*s.",
                       (int)strcspn(page.data, "\r\n"), page.data);
    } else {
        look_read(text_after(page, (size_t)(body - page.data) + 4), out);
        e = ERR_OK;
    }
    if (request.data)
        explicit_bzero(request.data, request.room); /* it has the key */
    buf_fini(&request);
    buf_fini(&answer);
    return e;
}
