/* The power goes while people write: every acknowledged message is there once at its offset, the room's numbers have no
 * hole, and a key that is sent again gets its first answer. */
#include "chat_place.h"
#include "fault_vfs.h"
#include "unit.h"

#include <limits.h>
#include <sys/stat.h>

#define MESSAGES 120
#define LOSSES_MAX 40

struct ack {
    int64_t id, offset;
};
static struct ack acks[MESSAGES]; /* by key */
static atomic_int acked;          /* keys below it are acknowledged */

static struct {
    const char *folder;
    unsigned chance;
    int countdown;
    int count;
    int promised[LOSSES_MAX];
} losses; /* under vfs_lock */

static void lose_power(void)
{
    if (--losses.countdown > 0 || losses.count == LOSSES_MAX)
        return;
    losses.countdown = 1 + (int)vfs_chance(&losses.chance, 8);
    char folder[300];
    (void)snprintf(folder, sizeof folder, "%s/loss%d", losses.folder, losses.count);
    must(mkdir(folder, 0700) == 0);
    losses.promised[losses.count] = atomic_load(&acked);
    vfs_power_loss(folder, (enum loss)(losses.count % LOSS_KINDS), &losses.chance);
    losses.count++;
}

static struct answer_got *send_key(struct place *w, int key)
{
    return CALL_AS(w, mira, "message.send",
                   "{\"room\":\"1\",\"text\":\"message %d for @ana\",\"key\":\"k%d\"}", key, key);
}

static int64_t count(struct place *w, const char *sql)
{
    char out[64];
    CU_ASSERT_TRUE(test_look(w->p->folder.path, sql, out));
    return strtoll(out, NULL, 10);
}

/* What must be true of any database of ours, whatever has happened to it. */
static void expect_no_half_message(struct place *w)
{
    static const char *const nothing[] = {
        "SELECT count(*) FROM message m LEFT JOIN stream s USING (room_id, offset)"
        " WHERE json_extract(s.data, '$.message.key') IS NOT m.key",
        "SELECT count(*) FROM stream s LEFT JOIN message m USING (room_id, offset)"
        " WHERE json_extract(s.data, '$.type') = 'message_created' AND m.id IS NULL",
        "SELECT count(*) FROM message m LEFT JOIN send_key k ON k.message_id = m.id AND k.key = "
        "m.key WHERE k.key IS NULL",
        "SELECT count(*) FROM message m LEFT JOIN mention n ON n.room_id = m.room_id AND n.offset "
        "= m.offset WHERE n.user_id IS NULL",
        "SELECT count(*) - count(DISTINCT key) FROM message",
        "SELECT sum(top) - (SELECT count(*) FROM stream) FROM room", /* offsets are 1..top */
        "SELECT sum(top) - (SELECT max(offset) FROM stream WHERE room_id = 1) FROM room",
    };
    for (size_t i = 0; i < sizeof nothing / sizeof nothing[0]; i++)
        if (count(w, nothing[i]) != 0)
            CHECK_TEXT(nothing[i], "counts nothing");
}

/* The server starts again on what is left, and mira, who waits for her answers, sends everything again. */
static void go_on_with(struct place *w, const char *folder, int promised)
{
    struct tmpdb was = w->p->folder;
    int n = snprintf(w->p->folder.path, sizeof w->p->folder.path, "%s/snug.db", folder);
    must(n > 0 && (size_t)n < sizeof w->p->folder.path);
    product_open(w->p);
    place_open_chat(w);
    place_settle(w);
    expect_no_half_message(w);
    int64_t there = count(w, "SELECT count(*) FROM message");
    CU_ASSERT_TRUE(there >= promised);
    pub_clear();
    int64_t top = 0;
    for (int key = 0; key < (int)there + 2; key++) {
        struct answer_got *got = send_key(w, key);
        CHECK_INT(got->err, ERR_OK);
        if (key < promised) {
            CHECK_INT(got_int(got, "id"), acks[key].id);
            CHECK_INT(got_int(got, "offset"), acks[key].offset);
        }
        CU_ASSERT_TRUE(got_int(got, "offset") > top);
        top = got_int(got, "offset");
    }
    place_settle(w);
    CHECK_INT(pub_of(PUB_STREAM, "room:1", "message_created"), 2); /* the new ones, and no other */
    CHECK_INT(count(w, "SELECT count(*) FROM message"), there + 2);
    expect_no_half_message(w);
    place_close(w);
    w->p->folder = was;
}

static void an_acknowledged_message_survives_a_power_loss_and_keeps_its_key(void)
{
    fault_vfs_install();
    struct tmpdb left = tmpdb_make();
    losses.folder = left.folder;
    losses.chance = 4711;
    losses.countdown = INT_MAX; /* not before the people are there */
    vfs_watch(lose_power);
    struct place w = place_new();
    place_settle(&w);
    (void)pthread_mutex_lock(&vfs_lock);
    losses.countdown = 1;
    (void)pthread_mutex_unlock(&vfs_lock);
    for (int key = 0; key < MESSAGES; key++) {
        struct answer_got *got = send_key(&w, key);
        CHECK_INT(got->err, ERR_OK);
        acks[key] = (struct ack){got_int(got, "id"), got_int(got, "offset")};
        atomic_store(&acked, key + 1);
    }
    expect_no_half_message(&w);
    place_close(&w);
    vfs_unwatch();
    CU_ASSERT_TRUE(losses.count > LOSSES_MAX / 2);
    for (int i = 0; i < losses.count; i++) {
        char folder[300];
        (void)snprintf(folder, sizeof folder, "%s/loss%d", left.folder, i);
        go_on_with(&w, folder, losses.promised[i]);
    }
    product_free(w.p);
    tmpdb_remove(&left);
}

UNIT("chat/power", CASE(an_acknowledged_message_survives_a_power_loss_and_keeps_its_key))
