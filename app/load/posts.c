/* The workload posts: messages that last. A person sends into a room, so many at once; an acknowledgement is believed only
 * when the message was read back: there, once, at the offset that was promised.
 *
 * A post that the server could not take for a moment is sent again with the same key, as a client does. At a rate, post `seq`
 * is due at seq / rate, and its latency counts from then: a server that was late for one is not spared for the next.
 * Invariant: post `seq` is sent by slot seq % slots; its number is its id on the wire less MEMBER_FIRST_ID. */
#include "base/env.h"
#include "load/inside.h"
#include "load/mark.h"
#include "wire/json.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define POSTS_MAX ((size_t)16 << 20)
#define ASK_ID UINT32_C(0x80000000) /* of what is asked for before and after; posts are below */
#define FIRST_ROOM ((size_t)128 << 10)
#define PAGE 200
#define RETRY_NS 50000000
#define ANSWER_NS (INT64_C(10) * 1000000000) /* for one answer */

struct post {
    int64_t offset; /* acknowledged; 0: not */
    uint32_t found; /* how often it was read back */
};

enum post_state { POST_NONE, POST_SENT, POST_AGAIN, POST_REFUSED };

struct post_slot {
    enum post_state state;
    uint32_t seq;     /* of the one under way, or of the next */
    int64_t began_ns; /* first sending */
    int64_t at_ns;    /* when it is to be sent again */
};

struct posts {
    struct post_slot *slots; /* owned */
    struct post *posts;      /* owned; room for posts_room */
    size_t slots_count, posts_room;
    int64_t room, since; /* the room, and its last offset before */
    char key[32];        /* what keys of this run begin with */
    uint32_t asked;      /* number of the last question */
    bool answered, again, more;
    int64_t begin_ns, last_ns;
    bool over;
};

/* ---- asking: before and after the posts, one at a time */

static struct member *somebody(struct load *l)
{
    for (size_t i = 0; i < l->members_count; i++)
        if (l->members[i].step == MEMBER_READY)
            return &l->members[i];
    return NULL;
}

static bool fail(struct load *l, const char *what)
{
    if (!l->error[0])
        (void)snprintf(l->error, sizeof l->error, "%s", what);
    return false;
}

/* Asks until there is an answer; what it says was taken by on_answer. */
static bool ask(struct load *l, struct posts *p, const char *method, const char *params)
{
    int64_t until = env_nanoseconds() + ANSWER_NS;
    for (p->answered = false, p->again = true; !p->answered;) {
        struct member *m = somebody(l);
        if (!m || l->now_ns > until || loop_interrupts() > 1)
            return fail(l, "A question was not answered: the room could not be read.");
        if (p->again) {
            p->again = false;
            buf_clear(&l->command);
            buf_add_format(&l->command,
                           "{\"id\":%" PRIu32 ",\"rpc\":{\"method\":\"%s\",\"data\":%s}}",
                           ASK_ID + ++p->asked, method, params);
            (void)member_send(l, m, buf_text(&l->command));
        }
        loop_turn(l);
        progress_show(l, "reading", 0, 0);
    }
    return l->error[0] == 0;
}

static bool integer(struct text object, const char *path, int64_t *out)
{
    struct text value = heard_member(object, path);
    struct buf text; /* ids are texts, offsets are numbers */
    if (value.len > 0 && json_kind(value) != JSON_STRING)
        return json_int(value, 0, INT64_MAX, out);
    buf_init(&text, 64);
    if (value.len > 0)
        json_string(value, &text);
    *out = text_id(buf_text(&text));
    buf_fini(&text);
    return *out > 0;
}

static void take_message(struct load *l, struct posts *p, struct text message)
{
    struct text text = heard_member(message, "text");
    struct mark mark;
    int64_t offset = 0;
    if (!integer(message, "offset", &offset))
        return;
    p->since = offset; /* the next page begins behind it */
    if (!mark_find(&text, &mark) || mark.run != l->run || mark.seq >= p->posts_room)
        return;
    struct post *post = &p->posts[mark.seq];
    if (post->found++ > 0)
        l->f.doubled++;
    else if (post->offset > 0)
        l->f.received++;
    if (post->offset > 0 && post->offset != offset)
        l->f.out_of_order++;
}

/* What an answer brings: the rooms of this person, or a page of messages. */
static void take_answer(struct load *l, struct posts *p, struct text data)
{
    struct text rooms = heard_member(data, "rooms"), messages = heard_member(data, "messages");
    struct text one;
    if (rooms.len > 0 && json_kind(rooms) == JSON_ARRAY && json_element(&rooms, &one))
        (void)integer(one, "id", &p->room);
    if (messages.len == 0 || json_kind(messages) != JSON_ARRAY)
        return;
    if (!p->posts) { /* before the first post */
        (void)integer(data, "offset", &p->since);
        return;
    }
    while (json_element(&messages, &one))
        take_message(l, p, one);
    p->more = text_is(heard_member(data, "more"), TEXT("true"));
}

static void on_answer(struct load *l, struct posts *p, const struct heard *a, struct text line)
{
    if (a->id != ASK_ID + p->asked)
        return;
    if (a->error_code && a->temporary) {
        p->again = true; /* with the next turn, a tick later at most */
        return;
    }
    p->answered = true;
    if (a->error_code) {
        trouble_error(&l->f.trouble, "reading the room", a);
        (void)fail(l, "The room cannot be read.");
    } else if (json_valid(line, JSON_DEPTH_MAX)) {
        take_answer(l, p, heard_member(line, "rpc.data"));
    }
}

/* ---- posts */

static bool make_room(struct posts *p, uint32_t seq)
{
    if (seq < p->posts_room)
        return true;
    size_t room = p->posts_room ? p->posts_room * 2 : FIRST_ROOM;
    struct post *more = room > POSTS_MAX ? NULL : realloc(p->posts, room * sizeof *more);
    if (!more)
        return false;
    memset(more + p->posts_room, 0, (room - p->posts_room) * sizeof *more);
    p->posts = more;
    p->posts_room = room;
    return true;
}

/* When a slot's next post is to be sent; 0: as soon as the last one was acknowledged. */
static int64_t due_ns(const struct load *l, const struct posts *p, const struct post_slot *s)
{
    return l->o.rate ? p->begin_ns + (int64_t)((double)s->seq * 1e9 / (double)l->o.rate) : 0;
}

static void send_post(struct load *l, struct posts *p, size_t slot)
{
    struct post_slot *s = &p->slots[slot];
    struct member *m = &l->members[slot % l->members_count];
    char mark[MARK_BYTES];
    int64_t now = env_nanoseconds();
    if (m->step != MEMBER_READY || !make_room(p, s->seq))
        return;
    mark_write(mark, &(struct mark){.run = l->run, .seq = s->seq, .at_ns = now - l->epoch_ns});
    buf_clear(&l->command);
    buf_add_format(&l->command,
                   "{\"id\":%" PRIu32
                   ",\"rpc\":{\"method\":\"message.send\",\"data\":{\"room\":\"%" PRId64
                   "\",\"key\":\"%s%" PRIu32 "\",\"text\":\"",
                   MEMBER_FIRST_ID + s->seq, p->room, p->key, s->seq);
    buf_add(&l->command, mark, sizeof mark);
    buf_add_char(&l->command, ' ');
    mark_words(&l->command, (size_t)l->o.size - sizeof mark - 1);
    buf_add_text(&l->command, TEXT("\"}}}"));
    if (l->command.err != ERR_OK || !member_send(l, m, buf_text(&l->command)))
        return;
    if (s->state == POST_NONE) {
        l->f.sent++;
        s->began_ns = l->o.rate ? due_ns(l, p, s) : now;
    }
    s->state = POST_SENT;
}

static void next_post(struct load *l, struct posts *p, size_t slot)
{
    p->slots[slot].state = POST_NONE;
    p->slots[slot].seq += (uint32_t)p->slots_count;
    if (p->slots[slot].seq >= ASK_ID - p->slots_count)
        p->over = true; /* no numbers left */
    if (!p->over && env_nanoseconds() >= due_ns(l, p, &p->slots[slot]))
        send_post(l, p, slot);
}

static void on_reply(struct load *l, struct member *m, const struct heard *a, struct text line)
{
    (void)m;
    struct posts *p = l->round;
    if (p && a->id >= ASK_ID)
        on_answer(l, p, a, line);
    if (!p || a->id >= ASK_ID || a->id < MEMBER_FIRST_ID)
        return;
    uint32_t seq = (uint32_t)a->id - MEMBER_FIRST_ID;
    size_t slot = seq % p->slots_count;
    struct post_slot *s = &p->slots[slot];
    int64_t offset = 0;
    if (s->state != POST_SENT || s->seq != seq)
        return;
    if (a->error_code && a->temporary) {
        l->f.retried++;
        s->state = POST_AGAIN;
        s->at_ns = env_nanoseconds() + RETRY_NS;
    } else if (a->error_code) {
        trouble_error(&l->f.trouble, "message.send", a);
        l->f.refused++;
        s->state = POST_REFUSED;
    } else if (json_valid(line, JSON_DEPTH_MAX) && integer(line, "rpc.data.offset", &offset)) {
        p->last_ns = env_nanoseconds();
        histogram_add(&l->f.latency, p->last_ns - s->began_ns);
        p->posts[seq].offset = offset;
        l->f.expected++;
        next_post(l, p, slot);
    } else {
        trouble_add(&l->f.trouble, "an acknowledgement has no offset");
        s->state = POST_REFUSED;
    }
}

/* True: something is under way, or will be. */
static bool look_at_slots(struct load *l, struct posts *p)
{
    bool any = false;
    for (size_t i = 0; i < p->slots_count; i++) {
        struct post_slot *s = &p->slots[i];
        bool next = s->state == POST_NONE && !p->over;
        int64_t at_ns = next ? due_ns(l, p, s) : s->at_ns;
        if ((next || s->state == POST_AGAIN) && l->now_ns >= at_ns)
            send_post(l, p, i);
        any |= next || s->state == POST_SENT || s->state == POST_AGAIN;
    }
    return any;
}

static void send_all(struct load *l, struct posts *p)
{
    int64_t whole = l->o.seconds * 1000000000;
    l->now_ns = p->begin_ns = p->last_ns = env_nanoseconds();
    if (l->o.rate)
        loop_at_rate(l, l->o.rate);
    for (;;) {
        p->over |= l->now_ns - p->begin_ns >= whole || loop_interrupts() > 0;
        bool any = look_at_slots(l, p);
        bool late = l->now_ns - p->begin_ns >= whole + ANSWER_NS || loop_interrupts() > 1;
        if (!any || late || l->up == 0)
            break;
        loop_turn(l);
        progress_show(l, "posts", l->now_ns - p->begin_ns, whole);
    }
    l->f.round_ns = p->last_ns - p->begin_ns;
    uint64_t open = l->f.sent - l->f.expected - l->f.refused;
    for (uint64_t i = 0; i < open; i++)
        trouble_add(&l->f.trouble, "a post was not answered");
}

static void read_back(struct load *l, struct posts *p)
{
    char params[128];
    for (p->more = true; p->more;) {
        int64_t before = p->since;
        (void)snprintf(params, sizeof params,
                       "{\"room\":\"%" PRId64 "\",\"after\":%" PRId64 ",\"limit\":%d}", p->room,
                       p->since, PAGE);
        p->more = false;
        if (!ask(l, p, "message.list", params))
            return;
        if (p->since == before)
            p->more = false; /* a page without messages is the last one */
    }
    l->f.lost = l->f.expected - l->f.received;
}

static bool begin(struct load *l, struct posts *p)
{
    char params[128];
    p->room = l->o.room ? text_id(text_of(l->o.room)) : 0;
    if (p->room == 0 && (!ask(l, p, "room.list", "{}") || p->room == 0))
        return fail(l, "The token's person has no room to write into.");
    (void)snprintf(params, sizeof params, "{\"room\":\"%" PRId64 "\",\"limit\":1}", p->room);
    if (!ask(l, p, "message.list", params))
        return false;
    (void)snprintf(p->key, sizeof p->key, "load-%04x-%" PRIx64 "-", l->run,
                   (uint64_t)env_wall_ms(&env_real));
    p->slots_count = (size_t)l->o.in_flight;
    p->slots = calloc(p->slots_count, sizeof *p->slots);
    if (!p->slots || !make_room(p, (uint32_t)p->slots_count))
        return fail(l, "There is not enough memory.");
    for (size_t i = 0; i < p->slots_count; i++)
        p->slots[i].seq = (uint32_t)i;
    return true;
}

static void round_of_posts(struct load *l)
{
    struct posts p = {0};
    l->round = &p;
    l->now_ns = env_nanoseconds();
    if (begin(l, &p)) {
        send_all(l, &p);
        read_back(l, &p);
    }
    l->round = NULL;
    free(p.slots);
    free(p.posts);
}

const struct play posts_play = {.reply = on_reply, .round = round_of_posts};
