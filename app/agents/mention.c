#include "accounts/people.h"
#include "agents/inside.h"
#include "chat/chat.h"
#include "store/db.h"
#include "store/store.h"

#include <stdlib.h>

struct mention_job {
    struct creation creation; /* first: the job is one */
    char text[];
};

/* errors: ERR_CONFLICT it has its run already */
static enum err has_no_run(struct db *db, const struct mention_job *job)
{
    struct query *q = db_query(db, QUERY_AGENTS_RUN_FOR_MESSAGE);
    query_int(q, 1, job->creation.run.reply_to);
    bool found = query_row(q);
    enum err e = query_end(q);
    return e != ERR_OK ? e : found ? ERR_CONFLICT : ERR_OK;
}

static enum err mention_run(struct db *db, void *data)
{
    struct mention_job *job = data;
    struct person author;
    enum err e = person_acting(db, job->creation.run.started_by, &author);
    if (e == ERR_OK && strcmp(author.role, "agent") == 0)
        e = ERR_DENIED; /* agents do not ask each other: nobody would stop them */
    if (e == ERR_OK)
        e = has_no_run(db, job);
    if (e == ERR_OK)
        e = creation_run(&job->creation, db);
    return e;
}

static void mention_done(void *data, enum err e)
{
    struct mention_job *job = data;
    struct agents *a = job->creation.a;
    creation_done(&job->creation, e);
    if (worth_another_try(e))
        atomic_store(&a->look_due, true);
    free(job);
}

/* At most RUN_TEXT_MAX characters of it. */
static struct text cut(struct text t)
{
    size_t count = 0;
    for (size_t i = 0; i < t.len; i++)
        if (((unsigned char)t.data[i] & 0xc0) != 0x80 && count++ == RUN_TEXT_MAX)
            return text_trim((struct text){t.data, i});
    return t;
}

void mention_start(struct agents *a, const struct mention *m)
{
    struct text question = cut(m->question);
    struct mention_job *job = calloc(1, sizeof *job + question.len);
    enum err e = ERR_NOMEM;
    if (job) {
        memcpy(job->text, question.data, question.len);
        job->creation = (struct creation){
            .a = a,
            .run = {.room_id = m->room_id,
                    .agent_id = NOOK_ID,
                    .started_by = m->author_id,
                    .reply_to = m->message_id},
            .text = {job->text, question.len},
            .keep_refusal = true,
        };
        e = writer_submit(a->options.store, (struct job){mention_run, mention_done, job});
    }
    if (e == ERR_OK)
        return;
    free(job);
    atomic_store(&a->look_due, true);
}

void mention_seen(void *agents, const struct chat_message_event *event)
{
    struct agents *a = agents;
    struct mention m = {
        .message_id = event->id, .room_id = event->room_id, .author_id = event->author_id};
    if (event->run_id.len == 0 && plan_asked(event->text, event->to_agent, &m.question))
        mention_start(a, &m);
}
