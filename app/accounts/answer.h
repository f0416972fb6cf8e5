/* answer: what the job of a call carries from its handler to its reply: who asked, the result, what was wrong.
 *
 *     struct answer_job { struct answer answer; ... };      the answer is the first member
 *     handler: job = answer_new(sizeof *job, bytes, actor, reply); fill it; answer_read(&job->answer, store, run)
 *     run:     write the result with job->answer.out, or return answer_fault(...)
 *     done:    answer_done, or an own one that ends with answer_end
 *
 * Invariant: every answer_new that gave a job is followed by exactly one answer_end, which replies and frees. */
#ifndef SNUG_ACCOUNTS_ANSWER_H
#define SNUG_ACCOUNTS_ANSWER_H

#include "base/buf.h"
#include "base/method.h"
#include "wire/json.h"

struct db;
struct store;

#define ANSWER_MAX_BYTES ((size_t)1024 * 1024)
#define ANSWER_RETRY_MS 500

struct answer {
    struct reply reply;
    struct actor actor;
    struct buf json; /* the result; empty: {} */
    struct json_writer out;
    const char *field, *message; /* of a fault: static texts or kept ones */
    int64_t retry_ms;
    struct text cookie; /* see struct outcome */
    int64_t cookie_age_s;
    void (*drop)(void *job); /* frees what the job owns besides itself; may be NULL */
    char *kept;              /* where answer_keep copies to */
    size_t kept_room;
};

/* A zeroed job of `size` bytes that begins with a struct answer, with room for texts of `texts_bytes` in all.
 * The caller's reply is answered with ERR_NOMEM if there is no memory: then NULL. */
void *answer_new(size_t size, size_t texts_bytes, const struct actor *actor, struct reply reply);

/* A NUL-ended copy that lives as long as the job (len + 1 bytes of its texts_bytes). */
struct text answer_keep(struct answer *a, struct text t);

/* Notes field and sentence (static or kept; field may be NULL) and returns e. */
MUST_USE enum err answer_fault(struct answer *a, enum err e, const char *field,
                               const char *message);

/* Replies and frees. ERR_NOT_FOUND is answered as it is; ERR_BUSY has a retry_ms. */
void answer_end(void *job, enum err e);

/* A job's `done` that only answers. */
void answer_done(void *job, enum err e);

typedef enum err answer_run(struct db *db, void *job);
typedef void answer_after(void *job, enum err e);

/* Hands the job to a reader or to the writer; one that is not taken is answered at once.
 * after: NULL: answer_done */
void answer_read(void *job, struct store *store, answer_run *run, answer_after *after);
void answer_write(void *job, struct store *store, answer_run *run, answer_after *after);

/* ---- rules that several methods share */

/* True if it has no line ends or other control characters: names, topics. */
bool text_is_one_line(struct text t);

#endif
