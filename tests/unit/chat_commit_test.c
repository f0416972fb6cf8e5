/* S29, S36: an event is published strictly after its commit: on a disk whose sync fails nobody hears of anything. */
#include "base/metrics.h"
#include "chat/inside.h"
#include "chat_place.h"
#include "fault_disk.h"
#include "unit.h"

/* Everything that could be published by a message: the room's event, unread counts, what observers hear. */
static int published(void)
{
    return pub_of(PUB_STREAM, "", "") + pub_of(PUB_USER, "", "") + pub_of(PUB_PASSING, "", "");
}

#define SEND "{\"room\":\"1\",\"text\":\"critical\",\"key\":\"k\"}"

static void count_observed(void *ctx, const struct chat_message_event *event)
{
    (void)event;
    ++*(int *)ctx;
}

static void s36_a_commit_that_fails_is_seen_by_nobody(void)
{
    struct place w = place_new();
    int observed = 0;
    chat_observe(w.chat, count_observed, &observed);
    place_settle(&w);
    pub_clear();
    int64_t messages = metric_get(METRIC_messages);

    atomic_store(&disk_fault, DISK_NO_SYNC);
    struct answer_got *got = CALL_AS(&w, mira, "message.send", SEND);
    CHECK_INT(got->err, ERR_IO);
    place_settle(&w);
    CHECK_INT(published(), 0);
    CHECK_INT(observed, 0);
    CHECK_INT(metric_get(METRIC_messages), messages);
    got = CALL_AS(&w, mira, "message.list", "{\"room\":\"1\"}");
    CHECK_INT(got_count(got, "messages"), 0);

    atomic_store(
        &disk_fault,
        DISK_FINE); /* the producer tries again: once, with the next offset, and then it is heard */
    got = CALL_AS(&w, mira, "message.send", SEND);
    CHECK_INT(got->err, ERR_OK);
    CHECK_INT(got_int(got, "offset"), 5); /* after four who joined: the failed one has taken none */
    CHECK_INT(pub_of(PUB_STREAM, "room:1", "message_created"), 1);
    CHECK_INT(observed, 1);
    got = CALL_AS(&w, mira, "message.send", SEND);
    CHECK_INT(got_int(got, "offset"), 5);
    CHECK_INT(pub_of(PUB_STREAM, "room:1", "message_created"),
              1); /* the first result, and no second push */
    place_free(&w);
}

UNIT("chat/commit", CASE(s36_a_commit_that_fails_is_seen_by_nobody))
