/* Guards: whatever happens in whatever order, the hub does what a plain model of it does (promise 3).
 *
 * Seeded chance publishes, subscribes, recovers, lets go, evicts, holds the source's answers back, trims, fills the mailbox,
 * lets time pass and turns the reactor. After every step:
 * - what a subscriber is given is the model's next event, from the position of its answer on: no gap, no double;
 * - `recovered` comes with exactly the missed events; without it the model does not have them all any more;
 * - nothing comes to who has let go or was ended, and nobody is ended without a reason;
 * - a channel is numbered anew only after nobody has used it for its history's time;
 * - the hub's own offset check never finds anything.
 * At rest nobody waits and every subscriber stands at the top; at the end all recover to it, and nothing is left. */
#include "base/must.h"
#include "hub_world.h"
#include "simulation.h"

#define CHANNELS 6
#define CLIENTS 5
#define KEPT 8192 /* events the model remembers of a channel: more than can be on their way */

enum place { GONE, WAITING, LIVE };

struct model_channel {
    const char *name;
    const struct channel_namespace *rules; /* NULL: a stream on disk */
    char epoch[EPOCH_SIZE];
    uint64_t top; /* events 1..top were published in this epoch */
    int64_t used_ms;
    bool may_be_new;       /* nobody used it for so long that the hub may have forgotten it */
    uint64_t values[KEPT]; /* by offset: the event's n */
    int64_t times[KEPT];
};

/* One client in one channel: what it knows, what it asked. */
struct model_subscription {
    struct subscriber *subscriber;
    enum place place;
    bool known; /* it has a position to recover from */
    uint64_t position;
    char epoch[EPOCH_SIZE];
    bool positioned;
    bool evicted, must_go; /* an end may be on its way; it is meant for this subscriber */
    bool leaves;           /* as soon as it is answered */
    struct subscribe_request asked;
    char asked_epoch[EPOCH_SIZE];
    int64_t asked_ms;
    uint64_t asked_top; /* the channel's, when it asked */
    char top_epoch[EPOCH_SIZE];
};

struct model_client {
    struct hub_client hub_client; /* first */
    struct model *model;
    char user[24];
    struct model_subscription in[CHANNELS];
};

struct model {
    struct world world;
    struct env env;
    int64_t now_ms;
    struct chance chance;
    uint64_t seed, step, published;
    bool broken;
    unsigned hold_percent;
    int64_t refused_at_rest, dropped_at_rest;
    struct model_channel channels[CHANNELS];
    struct model_client clients[CLIENTS];
    unsigned recovered, unrecovered, ended, renumbered; /* so that a run is seen to have tried it */
};

static const char *const channel_names[CHANNELS] = {"room:1", "news:a", "news:b",
                                                    "ask:a",  "live:a", "user:7"};

static void promise(struct model *m, bool kept, const char *words, const char *channel)
{
    if (kept || m->broken)
        return;
    m->broken = true;
    (void)printf("\n    seed %llu, step %llu, %s: %s\n", (unsigned long long)m->seed,
                 (unsigned long long)m->step, channel, words);
    CU_FAIL("a promise was broken");
}

static int64_t model_ms(void *ctx)
{
    return ((struct model *)ctx)->now_ms;
}

static void model_random(void *ctx, void *out, size_t len)
{
    chance_fill(&((struct model *)ctx)->chance, out, len);
}

/* ---- what the model knows of channels */

static struct model_channel *channel_of(struct model *m, struct text name)
{
    for (unsigned i = 0; i < CHANNELS; i++)
        if (text_is(name, text_of(m->channels[i].name)))
            return &m->channels[i];
    abort();
}

static bool keeps_history(const struct model_channel *ch)
{
    return !ch->rules || ch->rules->history_size > 0;
}

static void add_event(struct model *m, struct model_channel *ch, uint64_t value)
{
    ch->top++;
    ch->values[ch->top % KEPT] = value;
    ch->times[ch->top % KEPT] = m->now_ms;
}

/* All events above this offset can be had. */
static uint64_t kept_above(const struct model *m, const struct model_channel *ch)
{
    if (!ch->rules)
        return m->world.trimmed;
    uint64_t o = ch->top;
    while (o > 0 && ch->top - o < ch->rules->history_size &&
           ch->times[o % KEPT] >= m->now_ms - ch->rules->history_ttl)
        o--;
    return o;
}

/* Somebody uses the channel at this time, or up to a second later: so often the hub looks who follows. */
static void touch(struct model_channel *ch, int64_t at_ms)
{
    if (ch->rules && at_ms + 1000 - ch->used_ms > ch->rules->history_ttl)
        ch->may_be_new = true;
    if (ch->used_ms < at_ms)
        ch->used_ms = at_ms;
}

/* The hub uses the channel in this epoch, and has since then. */
static void used(struct model *m, struct model_channel *ch, const char *epoch, int64_t since_ms)
{
    touch(ch, since_ms);
    if (ch->rules && ch->epoch[0] && strcmp(ch->epoch, epoch) != 0) {
        promise(m, ch->may_be_new, "forgotten while it was used", ch->name);
        ch->top = 0;
        m->renumbered++;
    }
    text_copy(ch->epoch, sizeof ch->epoch, text_of(epoch));
    ch->may_be_new = false;
}

/* ---- what the hub tells */

static struct model_subscription *subscription_of(struct model_client *c, struct text channel)
{
    return &c->in[channel_of(c->model, channel) - c->model->channels];
}

/* The missed events, one after the other from the asked position to the answer's. */
static void check_missed(struct model *m, struct model_channel *ch,
                         const struct subscribe_request *asked, const struct subscribe_result *r)
{
    struct buf list;
    buf_init(&list, r->publications.len + 2);
    buf_add_char(&list, '[');
    buf_add_text(&list, r->publications);
    buf_add_char(&list, ']');
    struct text rest = buf_text(&list), one;
    uint64_t at = asked->offset;
    while (json_element(&rest, &one)) {
        at++;
        promise(m, json_get_number(one, "offset") == at, "a missed event is not the next",
                ch->name);
        if (ch->rules)
            promise(m, json_get_number(json_get(one, "data"), "n") == ch->values[at % KEPT],
                    "a missed event has the data of another", ch->name);
    }
    promise(m, at == r->top, "what was missed does not end at the answer's position", ch->name);
    buf_fini(&list);
}

static void check_recovery(struct model *m, struct model_channel *ch,
                           const struct model_subscription *s, const struct subscribe_result *r)
{
    bool ours = !s->asked_epoch[0] || strcmp(s->asked_epoch, ch->epoch) == 0;
    bool recovers = r->err == ERR_OK ? r->recoverable : keeps_history(ch);
    uint64_t top = r->err == ERR_OK ? r->top : s->asked_top;
    bool can = recovers && ours && s->asked.offset <= top && s->asked.offset >= kept_above(m, ch);
    if (r->recovered) {
        m->recovered++;
        promise(m, s->asked.recover && ours && recovers, "recovered what was not asked", ch->name);
        check_missed(m, ch, &s->asked, r);
    } else {
        m->unrecovered++;
        promise(m, !can, "not recovered, though all of it is there", ch->name);
        promise(m, r->publications.len == 0, "part of what was missed", ch->name);
    }
}

static void check_answer(struct model *m, struct model_channel *ch,
                         const struct model_subscription *s, const struct subscribe_result *r)
{
    bool asks = s->asked.recover || s->asked.positioned || s->asked.recoverable;
    bool to_all = !ch->rules || ch->rules->force_recovery;
    bool same = strcmp(s->top_epoch, ch->epoch) == 0;
    promise(m, r->positioned == (keeps_history(ch) && (to_all || asks)), "positioned", ch->name);
    promise(m, r->was_recovering == s->asked.recover, "was_recovering", ch->name);
    if (!keeps_history(ch))
        return;
    promise(m, r->top <= ch->top, "a position that is not there yet", ch->name);
    promise(m, r->top >= s->asked_top || !same, "a position before the question", ch->name);
}

static void refused(struct model *m, struct model_channel *ch, struct model_subscription *s,
                    const struct subscribe_result *r)
{
    s->place = GONE;
    if (r->err == ERR_UNRECOVERABLE) {
        promise(m, s->asked.recover && s->asked.reject_unrecovered, "rejected unasked", ch->name);
        touch(ch, s->asked_ms);
        if (!ch->may_be_new && strcmp(s->top_epoch, ch->epoch) == 0) /* else: of which epoch? */
            check_recovery(m, ch, s, r);
        s->known = false;
    } else {
        promise(m, r->err == ERR_BUSY, "an error without a reason", ch->name);
        promise(m, metric_get(METRIC_replies_dropped) > m->dropped_at_rest,
                "busy, but no answer was lost", ch->name);
    }
}

static void on_subscribed(struct hub_client *client, struct subscriber *subscriber,
                          const struct subscribe_result *r)
{
    role_assert(&role_reactor);
    struct model_client *c = (struct model_client *)client;
    struct model *m = c->model;
    struct model_channel *ch = channel_of(m, subscriber_channel(subscriber));
    struct model_subscription *s = subscription_of(c, text_of(ch->name));
    promise(m, s->place == WAITING && s->subscriber == subscriber, "an answer unasked", ch->name);
    if (r->err != ERR_OK) {
        refused(m, ch, s, r);
        return;
    }
    if (keeps_history(ch))
        used(m, ch, r->epoch, s->asked_ms); /* the answer may have waited */
    check_answer(m, ch, s, r);
    if (s->asked.recover)
        check_recovery(m, ch, s, r);
    s->place = LIVE;
    s->positioned = r->positioned;
    s->known = true;
    s->position = r->top; /* of a channel without offsets: 0, found with its first event */
    text_copy(s->epoch, sizeof s->epoch, text_of(r->epoch));
    if (s->leaves) {
        s->subscriber = hub_unsubscribe(subscriber);
        s->place = GONE;
    }
}

/* The place of an event without an offset; 0: there is none. */
static uint64_t place_of(const struct model_channel *ch, uint64_t value)
{
    for (uint64_t o = ch->top; o > 0 && ch->top - o < KEPT; o--)
        if (ch->values[o % KEPT] == value)
            return o;
    return 0;
}

static void check_event(struct model *m, struct model_channel *ch, struct model_subscription *s,
                        struct text publication)
{
    uint64_t value = json_get_number(json_get(publication, "data"), "n");
    uint64_t offset = json_get_number(publication, "offset");
    if (!keeps_history(ch)) {
        promise(m, offset == 0, "an offset in a channel that keeps nothing", ch->name);
        offset = place_of(ch, value);
        if (s->position == 0 && offset > 0)
            s->position = offset - 1;
    }
    promise(m, offset > 0 && offset <= ch->top, "an event that was not published", ch->name);
    promise(m, offset > s->position, "an event twice, or out of order", ch->name);
    promise(m, offset == s->position + 1 || (keeps_history(ch) && !s->positioned), "a gap",
            ch->name);
    promise(m, value == ch->values[offset % KEPT], "an event with another's data", ch->name);
    s->position = offset;
}

static void on_deliver(struct hub_client *client, struct frame *f, bool passing)
{
    struct model_client *c = (struct model_client *)client;
    struct text bytes = frame_bytes(f);
    struct text push =
        json_get(text_after(bytes, (unsigned char)bytes.data[1] < 126 ? 2 : 4), "push");
    struct model_channel *ch = channel_of(c->model, json_get_text(push, "channel"));
    struct model_subscription *s = subscription_of(c, text_of(ch->name));
    promise(c->model, s->place == LIVE, "a push for who is not there", ch->name);
    if (json_get(push, "pub").len == 0)
        promise(c->model, passing && s->asked.join_leave, "coming and going unasked", ch->name);
    else if (!passing)
        check_event(c->model, ch, s, json_get(push, "pub"));
}

static void on_ended(struct hub_client *client, struct subscriber *subscriber, unsigned code,
                     struct text reason)
{
    role_assert(&role_reactor);
    (void)reason;
    struct model_client *c = (struct model_client *)client;
    struct model *m = c->model;
    struct text channel = subscriber_channel(subscriber);
    struct model_subscription *s = subscription_of(c, channel);
    const char *name = channel_of(m, channel)->name;
    promise(m, s->place != GONE && s->subscriber == subscriber, "ended, but was not there", name);
    promise(m, code == 2500 || (code == 2000 && s->evicted), "ended by nobody", name);
    promise(m, code == 2000 || metric_get(METRIC_posts_refused) > m->refused_at_rest,
            "ended, but no push was refused", name);
    s->place = GONE;
    m->ended++;
}

static void on_actor(struct hub_client *client, struct actor *out)
{
    const struct model_client *c = (const struct model_client *)client;
    *out = (struct actor){.user_id = c->hub_client.user_id};
}

static struct client_info on_info(struct hub_client *client, char id[UUID_SIZE])
{
    const struct model_client *c = (const struct model_client *)client;
    id[0] = '\0';
    return (struct client_info){.user = text_of(c->user), .client = text_of(id)};
}

static const struct subscriber_events model_events = {on_subscribed, on_deliver, on_ended, on_actor,
                                                      on_info};

static void on_published(const struct hub_publisher *to, enum err e, uint64_t offset,
                         const char *epoch)
{
    struct model *m = to->owner;
    struct model_channel *ch = &m->channels[to->number];
    if (e != ERR_OK) {
        promise(m, e == ERR_BUSY, "not published without a reason", ch->name);
        return;
    }
    if (keeps_history(ch))
        used(m, ch, epoch, m->now_ms);
    add_event(m, ch, to->id);
    promise(m, offset == (keeps_history(ch) ? ch->top : 0), "not the next offset", ch->name);
}

/* ---- steps */

static void publish(struct model *m, unsigned channel)
{
    struct model_channel *ch = &m->channels[channel];
    if (!ch->rules) {
        add_event(m, ch, ch->top + 1);
        world_publish(&m->world);
        return;
    }
    char data[64];
    int n = snprintf(data, sizeof data, "{\"n\":%llu}", (unsigned long long)++m->published);
    hub_publish_to(
        m->world.hub,
        &(struct hub_publication){.channel = text_of(ch->name), .data = {data, (size_t)n}},
        &(struct hub_publisher){m, channel, m->published, on_published});
}

/* Most often what it has seen last; else something that is not so. */
static void choose_position(struct model *m, struct model_subscription *s)
{
    unsigned kind = chance_below(&m->chance, 10);
    s->asked.recover = true;
    s->asked.offset = s->position;
    text_copy(s->asked_epoch, sizeof s->asked_epoch, text_of(s->epoch));
    if (kind == 0 && s->position > 0)
        s->asked.offset =
            s->position - 1 - chance_below(&m->chance, s->position < 8 ? s->position : 8);
    else if (kind == 1)
        s->asked.offset = s->position + 1 + chance_below(&m->chance, 5);
    else if (kind == 2)
        text_copy(s->asked_epoch, sizeof s->asked_epoch, TEXT("other"));
    else if (kind == 3)
        s->asked_epoch[0] = '\0';
}

static void subscribe(struct model *m, struct model_client *c, unsigned channel, bool honest)
    ON(role_reactor)
{
    struct model_channel *ch = &m->channels[channel];
    struct model_subscription *s = &c->in[channel];
    if (s->place != GONE)
        return;
    s->asked = (struct subscribe_request){.channel = text_of(ch->name),
                                          .positioned = chance_percent(&m->chance, 30),
                                          .recoverable = chance_percent(&m->chance, 30),
                                          .join_leave = chance_percent(&m->chance, 30)};
    s->asked_epoch[0] = '\0';
    if (honest) {
        s->asked.recover = s->known;
        s->asked.offset = s->position;
        text_copy(s->asked_epoch, sizeof s->asked_epoch, text_of(s->epoch));
    } else if (s->known && chance_percent(&m->chance, 70)) {
        choose_position(m, s);
        s->asked.reject_unrecovered = chance_percent(&m->chance, 20);
    }
    s->asked.epoch = text_of(s->asked_epoch);
    s->asked_top = ch->top;
    text_copy(s->top_epoch, sizeof s->top_epoch, text_of(ch->epoch));
    s->leaves = !honest && chance_percent(&m->chance, 5);
    s->asked_ms = m->now_ms;
    s->must_go = false;
    int64_t refused_before = metric_get(METRIC_posts_refused);
    enum err e = hub_subscribe(m->world.hub, &c->hub_client, &s->asked, &s->subscriber);
    promise(m, e == ERR_OK || e == ERR_BUSY, "cannot subscribe", ch->name);
    promise(m,
            e == ERR_OK || metric_get(METRIC_posts_refused) > refused_before ||
                m->world.waiting_count == WAITING_MAX,
            "busy without a reason", ch->name);
    if (e == ERR_OK)
        s->place = WAITING;
}

static void unsubscribe(struct model_client *c, unsigned channel) ON(role_reactor)
{
    struct model_subscription *s = &c->in[channel];
    if (s->place != GONE)
        s->subscriber = hub_unsubscribe(s->subscriber);
    s->place = GONE;
}

static void evict(struct model *m, struct model_client *c, unsigned channel)
{
    hub_unsubscribe_user(m->world.hub, text_of(m->channels[channel].name), c->hub_client.user_id,
                         2000, TEXT("the right is gone"));
    c->in[channel].evicted = c->in[channel].must_go = true;
}

static bool is_followed(const struct model *m, unsigned channel)
{
    for (unsigned i = 0; i < CLIENTS; i++)
        if (m->clients[i].in[channel].place != GONE)
            return true;
    return false;
}

/* The hub looks around each second: a channel that is followed has been used then. */
static void turn(struct model *m, unsigned turns) ON(role_reactor)
{
    bool followed[CHANNELS];
    for (unsigned i = 0; i < CHANNELS; i++)
        followed[i] = is_followed(m, i);
    for (unsigned i = 0; i < turns; i++)
        reactor_turn(m->world.reactor, 0);
    for (unsigned i = 0; i < CHANNELS; i++)
        if (followed[i] && is_followed(m, i))
            touch(&m->channels[i], m->now_ms - 1000);
}

static void pass_time(struct model *m)
{
    static const int64_t most_ms[] = {50, 50, 50, 2000, 30000, 70000, 400000};
    unsigned kind = chance_below(&m->chance, sizeof most_ms / sizeof most_ms[0]);
    m->now_ms += chance_below(&m->chance, (uint64_t)most_ms[kind]);
}

/* All answers come, all posts run, the hub looks around: nobody waits, everybody has everything. */
static void rest(struct model *m) ON(role_reactor)
{
    m->world.hold_answers = false;
    while (m->world.waiting_count > 0) {
        world_answer_one(&m->world);
        turn(m, 1);
    }
    turn(m, 6);
    m->now_ms += 1001;
    turn(m, 6);
    for (unsigned i = 0; i < CLIENTS * CHANNELS; i++) {
        struct model_channel *ch = &m->channels[i % CHANNELS];
        struct model_subscription *s = &m->clients[i / CHANNELS].in[i % CHANNELS];
        promise(m, s->place != WAITING, "a question without an answer", ch->name);
        if (s->place == LIVE && keeps_history(ch))
            promise(m, s->position == ch->top, "at rest, but not at the top", ch->name);
        promise(m, s->place == GONE || !s->must_go, "evicted, but still there", ch->name);
        s->evicted = false;
    }
    m->refused_at_rest = metric_get(METRIC_posts_refused);
    m->dropped_at_rest = metric_get(METRIC_replies_dropped);
}

static void trim(struct model *m)
{
    struct world *w = &m->world;
    if (w->top > w->trimmed)
        w->trimmed += chance_below(&m->chance, w->top - w->trimmed + 1);
}

static void step(struct model *m) ON(role_reactor)
{
    unsigned kind = chance_below(&m->chance, 100), channel = chance_below(&m->chance, CHANNELS);
    struct model_client *c = &m->clients[chance_below(&m->chance, CLIENTS)];
    if (kind < 30) {
        for (unsigned n = 1 + chance_below(&m->chance, 5); n > 0; n--)
            publish(m, channel);
    } else if (kind < 52) {
        subscribe(m, c, channel, false);
    } else if (kind < 60) {
        unsubscribe(c, channel);
    } else if (kind < 80) {
        turn(m, 1 + chance_below(&m->chance, 4));
    } else if (kind < 84) {
        m->world.hold_answers = chance_percent(&m->chance, m->hold_percent);
    } else if (kind < 90) {
        if (m->world.waiting_count > 0)
            world_answer_one(&m->world);
    } else if (kind < 91) {
        trim(m);
    } else if (kind < 96) {
        pass_time(m);
    } else if (kind < 97) {
        evict(m, c, channel);
    } else if (kind < 98) {
        hub_publish_passing(m->world.hub, text_of(m->channels[channel].name), TEXT("{}"));
    } else {
        rest(m);
    }
}

/* ---- a run */

static void model_open(struct model *m, uint64_t seed) CLANG(acquire_capability(role_reactor))
{
    static const size_t mailboxes[] = {3, 8, 16, 64, 1024};
    m->seed = seed;
    m->chance.state = seed;
    m->now_ms = 1000000;
    m->env = (struct env){m, model_ms, model_ms, model_random};
    m->hold_percent = chance_below(&m->chance, 100);
    world_open(&m->world, &m->env, mailboxes[chance_below(&m->chance, 5)]);
    for (unsigned i = 0; i < CHANNELS; i++) {
        m->channels[i].name = channel_names[i];
        m->channels[i].rules = hub_namespace(m->world.hub, text_of(channel_names[i]));
    }
    text_copy(m->channels[0].epoch, EPOCH_SIZE, TEXT("e1"));
    for (unsigned i = 0; i < CLIENTS; i++) {
        struct model_client *c = &m->clients[i];
        c->model = m;
        (void)snprintf(c->user, sizeof c->user, "%u", i + 1);
        c->hub_client = (struct hub_client){.events = &model_events, .user_id = i + 1};
    }
    m->refused_at_rest = metric_get(METRIC_posts_refused);
    m->dropped_at_rest = metric_get(METRIC_replies_dropped);
}

/* Everybody is everywhere, from where they were; then nobody. */
static void everybody_recovers_and_leaves(struct model *m) ON(role_reactor)
{
    rest(m);
    for (unsigned i = 0; i < CLIENTS * CHANNELS; i++) {
        subscribe(m, &m->clients[i / CHANNELS], i % CHANNELS, true);
        turn(m, 6);
    }
    rest(m);
    for (unsigned i = 0; i < CLIENTS * CHANNELS; i++) {
        promise(m, m->clients[i / CHANNELS].in[i % CHANNELS].place == LIVE, "not there at the end",
                channel_names[i % CHANNELS]);
        unsubscribe(&m->clients[i / CHANNELS], i % CHANNELS);
    }
    rest(m);
}

static void run(uint64_t seed, uint64_t steps)
{
    int64_t doubled = metric_get(METRIC_messages_doubled), lost = metric_get(METRIC_messages_lost);
    int64_t subscriptions = metric_get(METRIC_subscriptions);
    struct model *m = calloc(1, sizeof *m);
    must(m);
    model_open(m, seed);
    for (m->step = 0; m->step < steps && !m->broken; m->step++) {
        step(m);
        promise(m, metric_get(METRIC_messages_doubled) == doubled, "messages_doubled", "all");
        promise(m, metric_get(METRIC_messages_lost) == lost, "messages_lost", "all");
    }
    if (!m->broken)
        everybody_recovers_and_leaves(m);
    promise(m, metric_get(METRIC_subscriptions) == subscriptions, "a subscription is left", "all");
    CU_ASSERT_TRUE(m->broken || steps < 1000 || (m->recovered > 10 && m->unrecovered > 10));
    if (simulation_number("SNUG_TEST_SEED"))
        (void)printf("\n    %u recovered, %u not, %u ended, %u numbered anew\n", m->recovered,
                     m->unrecovered, m->ended, m->renumbered);
    world_close(&m->world);
    free(m);
}

static void the_hub_does_what_the_model_does(void)
{
    simulation_run(12, 2000, run);
}

UNIT("hub/model", CASE(the_hub_does_what_the_model_does))
