/* The bytes of files: PUT /files/<id>?offset=N takes the next ones, GET /files/<id>/<name> gives them. */
#include "http/inside.h"

#include "base/metrics.h"
#include "files/kind.h"
#include "files/upload.h"
#include "http/headers.h"
#include "http/outcome.h"
#include "http/query.h"

#include <stdio.h>

#define WAIT_MS 10000 /* for the database */
#define MORE_MAX ((size_t)8 * 1024)

static enum err wait_for(void *ctx, struct future *f, void **out_value)
{
    role_assert(&role_http);
    return visit_wait(ctx, f, WAIT_MS, out_value);
}

static int64_t file_id(const struct visit *v)
{
    struct text rest = text_after(text_of(v->r->path), sizeof "/files/" - 1), id;
    return text_split(&rest, '/', &id) ? text_id(id) : 0;
}

/* Somebody of the place; else that was answered. */
ON(role_http) static bool find_person(struct visit *v, struct identity *out)
{
    enum err e = who_asks(v, out);
    if (e == ERR_OK && out->user_id == 0)
        e = ERR_UNAUTHORIZED;
    if (e != ERR_OK)
        answer_error(v, 0, e, NULL);
    return e == ERR_OK;
}

/* ---- PUT */

/* -1: it is no number. */
static int64_t read_offset(const struct visit *v)
{
    struct buf value;
    int64_t offset = -1;
    buf_init(&value, 64);
    if (query_get(text_of(v->r->query), TEXT("offset"), &value) == ERR_OK)
        offset = text_id(buf_text(&value));
    if (offset == 0 && !text_is(buf_text(&value), TEXT("0")))
        offset = -1;
    buf_fini(&value);
    return offset;
}

static void write_place(struct json_writer *w, const struct taken *t)
{
    json_add_int(w, "offset", t->offset);
    json_add_int(w, "size", t->size);
}

ON(role_http) static void answer_json(struct visit *v, int status, struct buf *body)
{
    if (body->err == ERR_OK)
        answer(v, &(struct answer){
                      .status = status, .type = "application/json", .body = buf_text(body)});
    else
        answer_error(v, 0, body->err, NULL);
    buf_fini(body);
}

/* {"offset", "size", "file"?}. */
ON(role_http) static void answer_taken(struct visit *v, const struct taken *t)
{
    struct buf body;
    struct json_writer w;
    buf_init(&body, FILES_JSON_MAX_BYTES);
    json_begin(&w, &body);
    json_open(&w, NULL, '{');
    write_place(&w, t);
    if (file_is_whole(&t->file))
        file_write(&w, "file", &t->file);
    json_close(&w, '}');
    answer_json(v, 200, &body);
}

/* {"error": {..}, "offset", "size"}: from where the client can go on. */
ON(role_http) static void answer_misplaced(struct visit *v, const struct taken *t)
{
    struct buf body;
    struct json_writer w;
    const struct outcome o = {
        .err = ERR_CONFLICT,
        .field = TEXT("offset"),
        .message = TEXT("offset is behind the bytes that are there: go on from the offset here."),
    };
    buf_init(&body, FILES_JSON_MAX_BYTES);
    outcome_write(&body, &o);
    if (body.err == ERR_OK)
        body.len--; /* its last bracket */
    w = (struct json_writer){.out = &body, .first = false};
    write_place(&w, t);
    json_close(&w, '}');
    answer_json(v, 409, &body);
}

ON(role_http) static void answer_put(struct visit *v, enum err e, const struct taken *t)
{
    struct outcome o = {.err = e, .field = TEXT_NONE};
    int status = 0;
    switch (e) {
    case ERR_OK:
        answer_taken(v, t);
        return;
    case ERR_CONFLICT:
        answer_misplaced(v, t);
        return;
    case ERR_NOT_FOUND:
        status = 404;
        o.message = TEXT("There is no such file of yours.");
        break;
    case ERR_BUSY:
        status = 409;
        o.message = TEXT("Other bytes of this file are being taken, please try again.");
        break;
    case ERR_LIMIT:
        o.field = TEXT("offset");
        o.message = TEXT("That is more than the file was to have.");
        break;
    case ERR_UNAVAILABLE:
        status = 507;
        o.message = TEXT("The disk of the server is full.");
        break;
    default:
        break;
    }
    answer_outcome(v, status, &o);
}

ON(role_http) static void take(struct visit *v)
{
    struct identity who;
    struct buf body;
    struct taken taken = {.offset = 0};
    int64_t offset = read_offset(v);
    buf_init(&body, BODY_MAX_BYTES);
    if (body_read_or_answer(v, &body) && find_person(v, &who)) {
        struct piece piece = {file_id(v), who.user_id, offset, buf_text(&body)};
        struct patience patience = {wait_for, v};
        if (offset < 0)
            answer_outcome(v, 0,
                           &(struct outcome){.err = ERR_BAD_REQUEST,
                                             .field = TEXT("offset"),
                                             .message = TEXT("offset must be a whole number.")});
        else
            answer_put(v, upload_piece(v->http->options.files, &piece, &patience, &taken), &taken);
    }
    buf_fini(&body);
}

/* ---- GET */

/* RFC 6266: a name for all, and the true one for who reads it. source: RFC 8187 3.2.1 for what stands for itself */
static void add_disposition(struct buf *more, const struct file *f)
{
    static const char plain[] = "!#$&+-.^_`|~";
    buf_add_format(more, "Content-Disposition: %s; filename=\"",
                   kind_shown(text_of(f->type)) ? "inline" : "attachment");
    for (const char *c = f->name; *c; c++)
        if ((unsigned char)*c < 0x7f && *c != '"' && *c != '%')
            buf_add_char(more, *c);
        else
            buf_add_char(more, '_');
    buf_add_text(more, TEXT("\"; filename*=UTF-8''"));
    for (const char *c = f->name; *c; c++) {
        bool letter = (*c >= '0' && *c <= '9') || ((*c | 0x20) >= 'a' && (*c | 0x20) <= 'z');
        if (letter || strchr(plain, *c))
            buf_add_char(more, *c);
        else
            buf_add_format(more, "%%%02X", (unsigned char)*c);
    }
    buf_add_text(more, TEXT("\r\n"));
}

struct sending {
    int status;
    int64_t from, to;
    char etag[40];
    struct buf more; /* header lines */
};

/* What of the file is asked for, and the lines of the answer's head. */
static void plan(struct visit *v, const struct file *f, struct sending *s)
{
    const struct door_request *r = v->r;
    *s = (struct sending){.status = 200, .to = f->size};
    (void)snprintf(s->etag, sizeof s->etag, "\"%.32s\"", f->sha256);
    buf_init(&s->more, MORE_MAX);
    buf_add_format(&s->more, "ETag: %s\r\nAccept-Ranges: bytes\r\n", s->etag);
    if (etag_matches(header_get(r, "If-None-Match"), text_of(s->etag))) {
        s->status = 304;
        return;
    }
    struct text condition = header_get(r, "If-Range");
    bool ranges = !v->head && header_count(r, "Range") == 1 &&
                  (condition.len == 0 || text_is(condition, text_of(s->etag)));
    switch (ranges ? range_read(header_get(r, "Range"), f->size, &s->from, &s->to) : RANGE_ALL) {
    case RANGE_PART:
        s->status = 206;
        buf_add_format(&s->more, "Content-Range: bytes %lld-%lld/%lld\r\n", (long long)s->from,
                       (long long)s->to - 1, (long long)f->size);
        break;
    case RANGE_BEYOND:
        s->status = 416;
        buf_add_format(&s->more, "Content-Range: bytes */%lld\r\n", (long long)f->size);
        break;
    case RANGE_ALL:
        break;
    }
    add_disposition(&s->more, f);
}

ON(role_http) static void send_file(struct visit *v, const struct file *f, int fd)
{
    struct sending s;
    char type[FILE_TYPE_SIZE + 16];
    bool is_text = text_starts(text_of(f->type), TEXT("text/"));
    plan(v, f, &s);
    (void)snprintf(type, sizeof type, "%s%s", f->type, is_text ? "; charset=utf-8" : "");
    bool all_or_part = s.status == 200 || s.status == 206;
    struct answer a = {
        .status = s.status,
        .type = all_or_part ? type : NULL,
        .cache = "private, no-cache",
        .policy = "default-src 'none'; sandbox",
        .more = buf_text(&s.more),
        .file_bytes = all_or_part ? s.to - s.from : 0,
    };
    if (s.more.err != ERR_OK)
        a = (struct answer){.status = 503};
    else if (all_or_part && !v->head)
        metric_add(METRIC_files_sent, 1);
    answer_file(v, &a, fd, s.from);
    buf_fini(&s.more);
}

ON(role_http) static void give(struct visit *v)
{
    struct identity who;
    struct file f;
    int fd;
    if (!find_person(v, &who))
        return;
    struct patience patience = {wait_for, v};
    enum err e = upload_open(v->http->options.files, file_id(v), who.user_id, &patience, &f, &fd);
    if (e == ERR_OK)
        send_file(v, &f, fd);
    else if (e == ERR_NOT_FOUND)
        answer_error(v, 404, e, "There is no such file, or it is not for you.");
    else
        answer_error(v, 0, e, NULL);
}

void files_handler(struct visit *v)
{
    if (!v->http->options.files)
        answer_error(v, 404, ERR_NOT_FOUND, NULL);
    else if (strcmp(v->r->method, "PUT") == 0)
        take(v);
    else
        give(v);
}
