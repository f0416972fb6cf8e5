#include "http/inside.h"

#include "base/metrics.h"

#include <stdio.h>
#include <time.h>

#define HEAD_MAX 32768 /* an Origin that is given back is as long as a request's head may be */

static const struct {
    int status;
    const char *name;
} names[] = {
    {200, "OK"},
    {204, "No Content"},
    {206, "Partial Content"},
    {304, "Not Modified"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {413, "Content Too Large"},
    {415, "Unsupported Media Type"},
    {416, "Range Not Satisfiable"},
    {426, "Upgrade Required"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {501, "Not Implemented"},
    {503, "Service Unavailable"},
    {505, "HTTP Version Not Supported"},
    {507, "Insufficient Storage"},
};

const char *status_name(int status)
{
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (names[i].status == status)
            return names[i].name;
    return status < 500 ? "Error" : "Server Error";
}

static void add_date(struct buf *head, const struct env *env)
{
    static const char days[][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static const char months[][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    time_t now = (time_t)(env_wall_ms(env) / 1000);
    struct tm t;
    (void)gmtime_r(&now, &t);
    buf_add_format(head, "Date: %s, %02d %s %d %02d:%02d:%02d GMT\r\n", days[t.tm_wday], t.tm_mday,
                   months[t.tm_mon], t.tm_year + 1900, t.tm_hour, t.tm_min, t.tm_sec);
}

static void add_head(struct buf *head, const struct visit *v, const struct answer *a)
{
    buf_add_format(head, "HTTP/1.1 %d %s\r\n", a->status, status_name(a->status));
    add_date(head, v->http->options.env);
    if (a->type)
        buf_add_format(head, "Content-Type: %s\r\n", a->type);
    if (a->encoded)
        buf_add_format(head, "Content-Encoding: %s\r\n", a->encoded);
    if (!a->goes_on && a->status != 204 && a->status != 304)
        buf_add_format(head, "Content-Length: %lld\r\n",
                       (long long)a->body.len + (long long)a->file_bytes);
    buf_add_format(head, "Cache-Control: %s\r\n", a->cache ? a->cache : "no-store");
    buf_add_format(head, "Content-Security-Policy: %s\r\n",
                   a->policy ? a->policy : "default-src 'none'; frame-ancestors 'none'");
    buf_add_text(head, TEXT("X-Content-Type-Options: nosniff\r\n"
                            "Referrer-Policy: no-referrer\r\n"
                            "Cross-Origin-Opener-Policy: same-origin\r\n"
                            "Cross-Origin-Resource-Policy: same-origin\r\n"));
    buf_add_text(head, a->more);
    /* The hint keeps clients from sending on a connection that is just being closed. */
    buf_add_text(
        head, door_keeps(v->r->conn)
                  ? TEXT("Connection: keep-alive\r\nKeep-Alive: timeout=" KEEP_ALIVE_S "\r\n\r\n")
                  : TEXT("Connection: close\r\n\r\n"));
}

/* False: the client is gone. */
ON(role_http) static bool send_answer(struct visit *v, const struct answer *a)
{
    struct buf head;
    buf_init(&head, HEAD_MAX);
    bool ends = !door_keeps(v->r->conn);
    if (ends)
        door_end(v->r->conn);
    add_head(&head, v, a);
    struct text body = v->head || a->status == 304 ? TEXT_NONE : a->body;
    metric_add(METRIC_http_requests, 1);
    bool sent = head.err == ERR_OK && door_write(v->r->conn, buf_text(&head), body);
    if (head.err != ERR_OK)
        door_end(v->r->conn);
    else if (sent && ends && !v->body_read)
        door_drain(v->r->conn);
    buf_fini(&head);
    return sent;
}

void answer(struct visit *v, const struct answer *a)
{
    (void)send_answer(v, a);
}

void answer_file(struct visit *v, const struct answer *a, int fd, int64_t at)
{
    bool sent = send_answer(v, a);
    door_send_file(v->r->conn, fd, at, sent && !v->head ? a->file_bytes : 0);
}

bool answer_begin(struct visit *v, const struct answer *a)
{
    struct buf head;
    buf_init(&head, HEAD_MAX);
    door_end(v->r->conn);
    add_head(&head, v, a);
    metric_add(METRIC_http_requests, 1);
    bool sent = head.err == ERR_OK && door_write(v->r->conn, buf_text(&head), TEXT_NONE);
    buf_fini(&head);
    return sent;
}

void answer_words(struct visit *v, int status, const char *sentence, struct text more)
{
    char line[256];
    int len = snprintf(line, sizeof line, "%s\n", sentence);
    answer(v, &(struct answer){
                  .status = status,
                  .type = "text/plain; charset=utf-8",
                  .body = {line, len < (int)sizeof line ? (size_t)len : sizeof line - 1},
                  .more = more,
              });
}
