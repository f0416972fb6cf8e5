/* The workloads that publish into rooms: fan, fanmax, busy, rooms, roomslat, echo.
 *
 * Member i is in room i % rooms. The first SENDERS_MAX of a room send, in turn, so that the order is checked for several
 * connections and not for one alone. Either messages are due at a rate, or a number of them is always in flight: a slot is
 * free again when everybody in its room has its message, and the next one goes out at once.
 * Invariant: what is expected is what was sent times the members of its room, less what the server refused. */
#include "base/env.h"
#include "load/inside.h"
#include "load/mark.h"
#include "load/order.h"

#include <stdlib.h>

#define SENDERS_MAX 4
#define GIVE_UP_NS (INT64_C(5) * 1000000000)   /* for a message in flight */
#define QUIET_NS (INT64_C(2) * 1000000000)     /* after the last message came, with some missing */
#define SETTLE_NS 100000000                    /* with none missing: doubles would still come */
#define IDS_MAX (UINT32_MAX - MEMBER_FIRST_ID) /* then they begin again */
#define HOPELESS 100                           /* refusals without a single message */

struct slot {
    int64_t at_ns; /* of sending; 0: free */
    uint32_t sender, seq;
    uint32_t left; /* members that do not have it yet */
};

struct traffic {
    struct order *orders; /* of each member, one for each sender of its room; owned */
    uint32_t *seqs;       /* the next one of each sender; owned */
    struct slot *slots;   /* owned; NULL: at a rate */
    uint32_t rooms, senders_per_room, slots_count;
    bool own_room; /* a slot stays in its room: echo */
    uint64_t turn; /* whose it is */
    int64_t begin_ns, end_ns, last_ns;
    bool over; /* nothing is sent any more */
};

static uint32_t members_of(const struct load *l, uint32_t room)
{
    uint32_t rooms = (uint32_t)l->o.rooms, all = (uint32_t)l->members_count;
    return all / rooms + (room < all % rooms);
}

/* ---- out */

/* Appends the command around a message; returns where its mark goes. */
static size_t write_command(struct load *l, uint32_t room, int64_t id)
{
    char name[ROOM_NAME_SIZE];
    buf_clear(&l->command);
    if (!l->o.plain) {
        room_name(l, room, name);
        buf_add_text(&l->command, TEXT("{\"id\":"));
        buf_add_int(&l->command, id);
        buf_add_text(&l->command, TEXT(",\"publish\":{\"channel\":\""));
        buf_add_text(&l->command, text_of(name));
        buf_add_text(&l->command, TEXT("\",\"data\":"));
    }
    size_t at = l->command.len + l->body_mark_at;
    buf_add_text(&l->command, buf_text(&l->body));
    if (!l->o.plain)
        buf_add_text(&l->command, TEXT("}}"));
    return at;
}

/* One message of the sender. False: it cannot send now. */
static bool send_one(struct load *l, struct traffic *t, uint32_t sender, uint32_t slot)
{
    uint32_t room = sender / t->senders_per_room;
    struct member *m = &l->members[room + sender % t->senders_per_room * t->rooms];
    if (m->step != MEMBER_READY)
        return false;
    uint32_t seq = t->seqs[sender];
    uint64_t number = t->slots ? (uint64_t)seq * t->slots_count + slot : seq;
    size_t at = write_command(l, room, (int64_t)(number % IDS_MAX) + MEMBER_FIRST_ID);
    if (l->command.err != ERR_OK)
        return false;
    int64_t now = env_nanoseconds();
    mark_write(l->command.data + at, &(struct mark){.run = l->run,
                                                    .sender = sender,
                                                    .seq = seq,
                                                    .at_ns = now - l->epoch_ns,
                                                    .slot = (uint16_t)slot});
    if (!member_send(l, m, buf_text(&l->command)))
        return false;
    t->seqs[sender]++;
    l->f.sent++;
    l->f.expected += members_of(l, room);
    if (t->slots)
        t->slots[slot] =
            (struct slot){.at_ns = now, .sender = sender, .seq = seq, .left = members_of(l, room)};
    return true;
}

/* Whose turn it is: rooms in turn, and in each its senders. */
static uint32_t next_sender(struct traffic *t, uint32_t slot)
{
    uint64_t turn = t->turn++;
    uint32_t room = t->own_room ? slot % t->rooms : (uint32_t)(turn % t->rooms);
    return room * t->senders_per_room + (uint32_t)(turn / t->rooms % t->senders_per_room);
}

static bool send_next(struct load *l, struct traffic *t, uint32_t slot)
{
    uint64_t tries = t->own_room ? 1 : (uint64_t)t->rooms * t->senders_per_room;
    for (uint64_t i = 0; i < tries && i < 64; i++)
        if (send_one(l, t, next_sender(t, slot), slot))
            return true;
    return false;
}

static void refill(struct load *l, struct traffic *t, uint32_t slot)
{
    t->slots[slot].at_ns = 0;
    if (!t->over)
        (void)send_next(l, t, slot); /* if not, with the next tick */
}

/* ---- in */

static void arrived(struct load *l, struct traffic *t, struct member *m, const struct mark *mark)
{
    uint32_t room = mark->sender / t->senders_per_room;
    if (mark->run != l->run || room != m->room ||
        mark->seq >= t->seqs[mark->sender]) { /* the room is one, so the sender is */
        l->f.stray++;
        return;
    }
    int64_t now = env_nanoseconds();
    t->last_ns = now;
    histogram_add(&l->f.latency, now - l->epoch_ns - mark->at_ns);
    l->f.received++;
    struct order *o =
        &t->orders[m->number * t->senders_per_room + mark->sender % t->senders_per_room];
    enum order_verdict verdict = order_take(o, mark->seq);
    if (verdict == ORDER_DOUBLE) {
        l->f.doubled++;
        return;
    }
    l->f.out_of_order += verdict == ORDER_LATE;
    if (!t->slots || mark->slot >= t->slots_count)
        return;
    struct slot *s = &t->slots[mark->slot];
    if (s->at_ns && s->sender == mark->sender && s->seq == mark->seq && --s->left == 0)
        refill(l, t, mark->slot);
}

static void on_message(struct load *l, struct member *m, struct text line)
{
    struct traffic *t = l->round;
    struct mark mark;
    while (t && mark_find(&line, &mark))
        arrived(l, t, m, &mark);
}

/* Only what the server refused is of interest: what it accepted has to arrive. */
static void on_reply(struct load *l, struct member *m, const struct heard *a, struct text line)
{
    (void)line;
    struct traffic *t = l->round;
    if (a->error_code == 0 || !t)
        return;
    trouble_error(&l->f.trouble, "publish", a);
    l->f.refused++;
    l->f.expected -= members_of(l, m->room);
    if (l->f.refused >= HOPELESS && l->f.received == 0)
        t->over = true;
    if (!t->slots)
        return;
    uint32_t slot = (uint32_t)((a->id - MEMBER_FIRST_ID) % t->slots_count);
    struct slot *s = &t->slots[slot];
    if (s->at_ns && s->sender / t->senders_per_room == m->room)
        refill(l, t, slot);
}

/* ---- the round */

static void traffic_free(struct traffic *t)
{
    free(t->orders);
    free(t->seqs);
    free(t->slots);
    *t = (struct traffic){0};
}

static bool traffic_init(struct load *l, struct traffic *t)
{
    uint32_t least = (uint32_t)(l->members_count / (size_t)l->o.rooms);
    t->rooms = (uint32_t)l->o.rooms;
    t->senders_per_room = least < SENDERS_MAX ? least : SENDERS_MAX;
    t->own_room = l->o.workload->rooms == 0;
    t->slots_count = (uint32_t)(t->own_room ? t->rooms * l->o.in_flight : l->o.in_flight);
    t->orders = calloc(l->members_count * t->senders_per_room, sizeof *t->orders);
    t->seqs = calloc((size_t)t->rooms * t->senders_per_room, sizeof *t->seqs);
    t->slots = t->slots_count ? calloc(t->slots_count, sizeof *t->slots) : NULL;
    t->begin_ns = t->last_ns = env_nanoseconds();
    t->end_ns = t->begin_ns + l->o.seconds * 1000000000;
    return t->orders && t->seqs && (t->slots || t->slots_count == 0);
}

/* Sends what is due by now. */
static void send_due(struct load *l, struct traffic *t, uint64_t *done)
{
    int64_t now = env_nanoseconds(), rate = l->o.rate;
    uint64_t all = (uint64_t)(rate * l->o.seconds);
    uint64_t due = (uint64_t)((double)(now - t->begin_ns) * (double)rate / 1e9) + 1;
    for (; *done < due && *done < all; ++*done) {
        int64_t at = t->begin_ns + (int64_t)((double)*done * 1e9 / (double)rate);
        if (now - at > l->f.late_max_ns)
            l->f.late_max_ns = now - at;
        if (!send_next(l, t, 0))
            l->f.unsent++;
    }
    t->over |= *done == all;
}

/* Slots whose message does not come, and those that found nobody to send. */
static void look_at_slots(struct load *l, struct traffic *t)
{
    for (uint32_t i = 0; i < t->slots_count && !t->over; i++)
        if (t->slots[i].at_ns == 0 || l->now_ns - t->slots[i].at_ns > GIVE_UP_NS)
            refill(l, t, i);
}

/* True: everything has come, or what is missing does not come any more. */
static bool settled(struct load *l, const struct traffic *t)
{
    bool whole = l->f.received - l->f.doubled >= l->f.expected;
    int64_t last = t->last_ns > t->end_ns ? t->last_ns : t->end_ns;
    return l->now_ns - (whole ? t->last_ns : last) > (whole ? SETTLE_NS : QUIET_NS) ||
           loop_interrupts() > 1 || l->up == 0;
}

static void round_of_traffic(struct load *l)
{
    struct traffic t = {0};
    uint64_t done = 0;
    if (!traffic_init(l, &t)) {
        traffic_free(&t);
        (void)text_copy(l->error, sizeof l->error, TEXT("There is not enough memory."));
        return;
    }
    l->round = &t;
    l->now_ns = t.begin_ns;
    if (!t.slots)
        loop_at_rate(l, l->o.rate);
    while (!t.over || !settled(l, &t)) {
        if (l->now_ns >= t.end_ns || loop_interrupts() > 0 || l->up == 0)
            t.over = true;
        if (t.over)
            t.end_ns = l->now_ns < t.end_ns ? l->now_ns : t.end_ns;
        else if (t.slots)
            look_at_slots(l, &t);
        else
            send_due(l, &t, &done);
        loop_turn(l);
        progress_show(l, l->o.workload->name, l->now_ns - t.begin_ns, l->o.seconds * 1000000000);
    }
    l->round = NULL;
    l->f.round_ns = (t.last_ns > t.end_ns ? t.last_ns : t.end_ns) - t.begin_ns;
    l->f.lost = l->f.expected - (l->f.received - l->f.doubled);
    traffic_free(&t);
}

const struct play traffic_play = {
    .subscribes = true, .message = on_message, .reply = on_reply, .round = round_of_traffic};
