#include "accounts/answer.h"

#include "base/must.h"
#include "store/store.h"

#include <stdlib.h>

void *answer_new(size_t size, size_t texts_bytes, const struct actor *actor, struct reply reply)
{
    must(size >= sizeof(struct answer));
    struct answer *a = calloc(1, size + texts_bytes);
    if (!a) {
        reply_error(reply, ERR_NOMEM);
        return NULL;
    }
    a->reply = reply;
    a->actor = *actor;
    a->kept = (char *)a + size;
    a->kept_room = texts_bytes;
    buf_init(&a->json, ANSWER_MAX_BYTES);
    json_begin(&a->out, &a->json);
    return a;
}

struct text answer_keep(struct answer *a, struct text t)
{
    must(t.len < a->kept_room);
    struct text copy = {a->kept, t.len};
    if (t.len)
        memcpy(a->kept, t.data, t.len);
    a->kept[t.len] = 0;
    a->kept += t.len + 1;
    a->kept_room -= t.len + 1;
    return copy;
}

enum err answer_fault(struct answer *a, enum err e, const char *field, const char *message)
{
    a->field = field;
    a->message = message;
    return e;
}

void answer_end(void *job, enum err e)
{
    struct answer *a = job;
    if (e == ERR_OK && a->json.err != ERR_OK)
        e = a->json.err;
    struct outcome o = {.err = e};
    if (e == ERR_OK) {
        o.json = a->json.len ? buf_text(&a->json) : TEXT("{}");
        o.cookie = a->cookie;
        o.cookie_age_s = a->cookie_age_s;
    } else {
        o.field = text_of(a->field);
        o.message = text_of(a->message);
        o.retry_ms = a->retry_ms ? a->retry_ms : (e == ERR_BUSY ? ANSWER_RETRY_MS : 0);
    }
    reply_send(a->reply, &o);
    if (a->drop)
        a->drop(job);
    buf_fini(&a->json);
    free(a);
}

void answer_done(void *job, enum err e)
{
    answer_end(job, e);
}

void answer_read(void *job, struct store *store, answer_run *run, answer_after *after)
{
    enum err e = reader_submit(store, (struct job){run, after ? after : answer_done, job});
    if (e != ERR_OK)
        answer_end(job, e);
}

void answer_write(void *job, struct store *store, answer_run *run, answer_after *after)
{
    enum err e = writer_submit(store, (struct job){run, after ? after : answer_done, job});
    if (e != ERR_OK)
        answer_end(job, e);
}

bool text_is_one_line(struct text t)
{
    for (size_t i = 0; i < t.len; i++) {
        unsigned char c = (unsigned char)t.data[i];
        if (c < 0x20 || c == 0x7f)
            return false;
        if (c == 0xe2 && i + 2 < t.len && (unsigned char)t.data[i + 1] == 0x80 &&
            ((unsigned char)t.data[i + 2] == 0xa8 || (unsigned char)t.data[i + 2] == 0xa9))
            return false; /* U+2028, U+2029: line and paragraph separator */
    }
    return true;
}
