#include "chat/inside.h"
#include "hub/hub.h"
#include "store/db.h"

#include <stdlib.h>

#define NOTICE_MAX_BYTES ((size_t)16 * 1024)

static void change_drop(void *data)
{
    struct change *job = data;
    if (job->has_event)
        room_event_fini(&job->event);
    buf_fini(&job->notice);
    buf_fini(&job->own);
    free(job->to);
}

struct change *change_new(struct chat *c, const struct actor *actor, struct reply reply,
                          size_t texts_bytes)
{
    struct change *job = answer_new(sizeof *job, texts_bytes, actor, reply);
    if (!job)
        return NULL;
    job->c = c;
    job->private = job->keep_ms = job->keep_messages = -1;
    job->answer.drop = change_drop;
    buf_init(&job->notice, NOTICE_MAX_BYTES);
    buf_init(&job->own, NOTICE_MAX_BYTES);
    return job;
}

enum err change_find(struct db *db, struct change *job)
{
    enum err e = person_find(db, job->who, &job->person);
    if (e == ERR_NOT_FOUND || (e == ERR_OK && !job->person.active))
        return answer_fault(&job->answer, ERR_NOT_FOUND, "user", "user is nobody here.");
    return e;
}

enum err change_tell(struct change *job, int64_t user_id)
{
    if (job->to_count % 64 == 0) {
        int64_t *grown = realloc(job->to, (job->to_count + 64) * sizeof *grown);
        if (!grown)
            return ERR_NOMEM;
        job->to = grown;
    }
    job->to[job->to_count++] = user_id;
    return ERR_OK;
}

void change_done(void *data, enum err e)
{
    struct change *job = data;
    struct chat *c = job->c;
    struct hub *hub = atomic_load(&c->hub);
    if (e == ERR_OK && job->changed) {
        if (job->has_event)
            room_event_publish(hub, &job->event);
        if (job->left && hub) {
            char channel[ROOM_CHANNEL_SIZE];
            hub_unsubscribe_user(hub, room_channel(job->room_id, channel), job->person.id, 2000,
                                 TEXT("not a member any more"));
            typing_ended(c, job->room_id, job->person.id);
        }
        for (size_t i = 0; i < job->to_count; i++)
            user_event(c, job->to[i], buf_text(&job->notice));
        if (job->own.len > 0)
            user_event(c, job->answer.actor.user_id, buf_text(&job->own));
    }
    answer_end(job, e);
}
