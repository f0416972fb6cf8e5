/* Guards: what the server API asks of the hub: which channels there are, what a channel kept, who is in it, forgetting it;
 * from threads that are no reactor's, with one answer each. */
#include "fault.h"
#include "hub_world.h"

#include <pthread.h>

static struct {
    int answers, returned;
    enum err err;
    unsigned num_channels, num_clients;
    uint64_t top;
    char epoch[EPOCH_SIZE];
    char text[1000];
} heard;

static void on_channels(const struct hub_asker *asker, const struct channels_result *r)
{
    CU_ASSERT_PTR_EQUAL(asker->owner, &heard);
    heard.answers++;
    heard.err = r->err;
    heard.num_channels = r->num_channels;
    text_copy(heard.text, sizeof heard.text, r->channels);
}

static void on_history(const struct hub_asker *asker, const struct stream_page *page)
{
    CU_ASSERT_PTR_EQUAL(asker->owner, &heard);
    heard.answers++;
    heard.err = page->err;
    heard.top = page->top;
    text_copy(heard.epoch, sizeof heard.epoch, text_of(page->epoch));
    text_copy(heard.text, sizeof heard.text, buf_text(&page->publications));
}

static void on_presence(const struct hub_asker *asker, const struct presence_result *r)
{
    CU_ASSERT_PTR_EQUAL(asker->owner, &heard);
    heard.answers++;
    heard.err = r->err;
    heard.num_clients = r->num_clients;
}

static void on_removed(const struct hub_asker *asker, enum err e)
{
    CU_ASSERT_PTR_EQUAL(asker->owner, &heard);
    heard.answers++;
    heard.err = e;
}

static const struct hub_asker asker = {.owner = &heard,
                                       .history = on_history,
                                       .presence = on_presence,
                                       .channels = on_channels,
                                       .removed = on_removed};

/* ---- a question from a thread that is no reactor's */

struct question {
    struct hub *hub;
    struct stream_query query;
    struct text pattern;
    bool count_only;
    enum { ASK_HISTORY, ASK_PRESENCE, ASK_CHANNELS, ASK_REMOVAL } kind;
    enum err err;
};

static void *ask_now(void *arg)
{
    struct question *q = arg;
    struct text channel = text_of(q->query.channel);
    switch (q->kind) {
    case ASK_HISTORY:
        q->err = hub_history(q->hub, &q->query, &asker);
        break;
    case ASK_PRESENCE:
        q->err = hub_presence(q->hub, &q->query, &asker);
        break;
    case ASK_CHANNELS:
        q->err = hub_channels(q->hub, q->pattern, q->count_only, &asker);
        break;
    case ASK_REMOVAL:
        q->err = hub_history_remove(q->hub, channel, &asker);
        break;
    }
    return NULL;
}

static enum err ask_from_elsewhere(struct world *w, struct question q) ON(role_reactor)
{
    memset(&heard, 0, sizeof heard);
    q.hub = w->hub;
    pthread_t thread;
    CHECK_INT(pthread_create(&thread, NULL, ask_now, &q), 0);
    CHECK_INT(pthread_join(thread, NULL), 0);
    world_turn(w);
    CHECK_INT(heard.answers, q.err == ERR_OK);
    return q.err == ERR_OK ? heard.err : q.err;
}

static struct question about(const char *channel, int kind)
{
    struct question q = {.kind = kind, .query = {.limit = -1}};
    q.query.purpose = kind == ASK_PRESENCE ? STREAM_PRESENCE : STREAM_HISTORY;
    text_copy(q.query.channel, sizeof q.query.channel, text_of(channel));
    return q;
}

static struct question channels(const char *pattern)
{
    return (struct question){.kind = ASK_CHANNELS, .pattern = text_of(pattern)};
}

static void history_and_presence_answer_any_thread(void)
{
    struct world w;
    struct test_client c;
    world_open(&w, &env_real, 1024);
    test_client_init(&c, 7);
    CHECK_INT(test_subscribe(&w, &c, TEXT("user:7"), false), ERR_OK);
    hub_publish_memory(w.hub, TEXT("user:7"), TEXT("{\"n\":1}"));
    world_turn(&w);
    CHECK_INT(ask_from_elsewhere(&w, about("user:7", ASK_HISTORY)), ERR_OK);
    CHECK_INT(heard.top, 1);
    CU_ASSERT_PTR_NOT_NULL(strstr(heard.text, "{\"data\":{\"n\":1},\"offset\":1"));
    CHECK_INT(ask_from_elsewhere(&w, about("user:7", ASK_PRESENCE)), ERR_OK);
    CHECK_INT(heard.num_clients, 1);
    CHECK_INT(ask_from_elsewhere(&w, about("nowhere:1", ASK_HISTORY)), ERR_UNKNOWN_CHANNEL);
    CHECK_INT(ask_from_elsewhere(&w, about("nowhere:1", ASK_PRESENCE)), ERR_UNKNOWN_CHANNEL);
    w.refuse = ERR_DENIED; /* the source's word, on its own thread */
    CHECK_INT(ask_from_elsewhere(&w, about("room:1", ASK_HISTORY)), ERR_DENIED);
    CHECK_INT(ask_from_elsewhere(&w, about("room:1", ASK_PRESENCE)), ERR_DENIED);
    hub_unsubscribe(c.subscriber);
    world_close(&w);
}

static void nothing(void *subject, void *object, uint64_t number)
{
    (void)subject;
    (void)object;
    (void)number;
}

static void a_full_mailbox_is_said_to_any_thread(void)
{
    struct world w;
    world_open(&w, &env_real, 8);
    while (reactor_post(w.reactor, nothing, NULL, NULL, 0) == ERR_OK)
        continue;
    CHECK_INT(ask_from_elsewhere(&w, channels("")), ERR_BUSY);
    while (reactor_post(w.reactor, nothing, NULL, NULL, 0) == ERR_OK)
        continue;
    CHECK_INT(ask_from_elsewhere(&w, about("room:1", ASK_PRESENCE)), ERR_BUSY);
    while (reactor_post(w.reactor, nothing, NULL, NULL, 0) == ERR_OK)
        continue;
    CHECK_INT(ask_from_elsewhere(&w, about("user:7", ASK_REMOVAL)), ERR_BUSY);
    world_close(&w);
}

static void removal_forgets_the_past_and_keeps_the_numbering(void)
{
    struct world w;
    struct test_client c;
    char before[EPOCH_SIZE];
    world_open(&w, &env_real, 1024);
    test_client_init(&c, 7);
    for (int i = 0; i < 3; i++)
        hub_publish_memory(w.hub, TEXT("user:7"), TEXT("{}"));
    world_turn(&w);
    CHECK_INT(ask_from_elsewhere(&w, about("user:7", ASK_HISTORY)), ERR_OK);
    text_copy(before, sizeof before, text_of(heard.epoch));
    CHECK_INT(ask_from_elsewhere(&w, about("user:7", ASK_REMOVAL)), ERR_OK);
    CHECK_INT(ask_from_elsewhere(&w, about("user:7", ASK_HISTORY)), ERR_OK);
    CHECK_TEXT(heard.text, "");
    CHECK_TEXT(heard.epoch, before);
    CHECK_INT(heard.top, 3);
    hub_publish_memory(w.hub, TEXT("user:7"), TEXT("{}"));
    world_turn(&w);
    CHECK_INT(ask_from_elsewhere(&w, about("user:7", ASK_HISTORY)), ERR_OK);
    CHECK_INT(heard.top, 4);

    /* Who had seen 2 of 3 cannot recover; who had seen all can. */
    text_copy(c.epoch, sizeof c.epoch, text_of(before));
    for (uint64_t seen = 2; seen <= 3; seen++) {
        client_note(&c, seen);
        CHECK_INT(test_subscribe(&w, &c, TEXT("user:7"), true), ERR_OK);
        world_turn(&w);
        CHECK_INT(c.result.recovered, seen == 3);
        c.subscriber = hub_unsubscribe(c.subscriber);
        c.count = 0;
    }
    CHECK_INT(ask_from_elsewhere(&w, about("user:8", ASK_REMOVAL)), ERR_OK); /* it has no past */
    CHECK_INT(ask_from_elsewhere(&w, about("room:1", ASK_REMOVAL)), ERR_DENIED);
    CHECK_INT(ask_from_elsewhere(&w, about("nowhere:1", ASK_REMOVAL)), ERR_UNKNOWN_CHANNEL);
    world_close(&w);
}

/* ---- channels */

static void patterns_have_stars_and_question_marks(void)
{
    static const struct {
        const char *pattern, *name;
        bool fits;
    } rows[] = {
        {"", "", true},
        {"", "a", false},
        {"*", "", true},
        {"*", "news:x", true},
        {"news:*", "news:", true},
        {"news:*", "news", false},
        {"news:*", "new:x", false},
        {"*:x", "news:x", true},
        {"*:x", "news:xy", false},
        {"n?ws", "news", true},
        {"n?ws", "nws", false},
        {"?", "\xc3\xa9", true},
        {"??", "\xc3\xa9", false},
        {"*\xa9", "\xc3\xa9", false},
        {"a*b*c", "axxbyyc", true},
        {"a*b*c", "axxbyy", false},
        {"a*b*c", "abcbc", true},
        {"**", "x", true},
        {"a**", "a", true},
        {"*?", "", false},
        {"*?", "a", true},
        {"[a]", "a", false},
        {"[a]", "[a]", true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        bool fits = channel_matches(text_of(rows[i].pattern), text_of(rows[i].name));
        if (fits != rows[i].fits)
            (void)printf("    %s with %s\n", rows[i].pattern, rows[i].name);
        CHECK_INT(fits, rows[i].fits);
    }
}

static void channels_are_listed_in_order_with_their_clients(void)
{
    static const char *const names[] = {"room:2", "room:1", "user:7", "room:1"};
    struct world w;
    static struct test_client c[5];
    world_open(&w, &env_real, 1024);
    for (int i = 0; i < 4; i++) {
        test_client_init(&c[i], 7 + i);
        CHECK_INT(test_subscribe(&w, &c[i], text_of(names[i]), false), ERR_OK);
    }
    world_turn(&w);
    test_client_init(&c[4], 99); /* not live yet: it has no answer */
    w.hold_answers = true;
    CHECK_INT(test_subscribe(&w, &c[4], TEXT("room:3"), false), ERR_OK);
    CHECK_INT(ask_from_elsewhere(&w, channels("")), ERR_OK);
    CHECK_TEXT(heard.text, "\"room:1\":{\"num_clients\":2},\"room:2\":{\"num_clients\":1},"
                           "\"user:7\":{\"num_clients\":1}");
    CHECK_INT(heard.num_channels, 3);
    CHECK_INT(ask_from_elsewhere(&w, channels("*:2")), ERR_OK);
    CHECK_TEXT(heard.text, "\"room:2\":{\"num_clients\":1}");
    CHECK_INT(ask_from_elsewhere(&w, channels("x")), ERR_OK);
    CHECK_TEXT(heard.text, "");
    struct question count = channels("room:*");
    count.count_only = true;
    CHECK_INT(ask_from_elsewhere(&w, count), ERR_OK);
    CHECK_INT(heard.num_channels, 2);
    world_answer_one(&w);
    for (int i = 0; i < 5; i++)
        hub_unsubscribe(c[i].subscriber);
    world_close(&w);
}

/* CHANNELS_MAX are listed, one more is too many; a count has no such limit. */
static void more_channels_than_fit_are_an_error(void)
{
    struct world w;
    static struct test_client c[CHANNELS_MAX + 1];
    world_open(&w, &env_real, 1024);
    for (int i = 0; i <= CHANNELS_MAX; i++) {
        char name[32];
        int n = snprintf(name, sizeof name, "room:%d", i);
        test_client_init(&c[i], 7);
        CHECK_INT(test_subscribe(&w, &c[i], (struct text){name, (size_t)n}, false), ERR_OK);
        if (i % 64 == 0)
            world_turn(&w);
    }
    for (int i = 0; i < 50; i++)
        world_turn(&w);
    CHECK_INT(ask_from_elsewhere(&w, channels("")), ERR_LIMIT);
    CHECK_INT(ask_from_elsewhere(&w, channels("room:1*")), ERR_OK);
    struct question count = channels("");
    count.count_only = true;
    CHECK_INT(ask_from_elsewhere(&w, count), ERR_OK);
    CHECK_INT(heard.num_channels, CHANNELS_MAX + 1);
    c[0].subscriber = hub_unsubscribe(c[0].subscriber);
    CHECK_INT(ask_from_elsewhere(&w, channels("")), ERR_OK);
    CHECK_INT(heard.num_channels, CHANNELS_MAX);
    for (int i = 1; i <= CHANNELS_MAX; i++)
        hub_unsubscribe(c[i].subscriber);
    world_close(&w);
}

/* The same channel on two reactors is one, and its clients are added up. */
static void reactors_are_asked_in_turn_and_added_up(void)
{
    struct world w = {0};
    struct reactor *reactors[2];
    static struct test_client c[2];
    for (unsigned i = 0; i < 2; i++)
        CHECK_INT(reactor_new(&(struct reactor_options){&env_real, i, 64}, &reactors[i]), ERR_OK);
    struct hub_options o = {.env = &env_real,
                            .reactors = reactors,
                            .reactors_count = 2,
                            .source = {&w, world_serves, world_ask},
                            .memory_events = 10,
                            .memory_ttl_ms = 300000,
                            .publication_max = 1 << 20};
    CHECK_INT(hub_new(&o, &w.hub), ERR_OK);
    for (unsigned i = 0; i < 2; i++) {
        w.reactor = reactors[i];
        reactor_enter(w.reactor);
        test_client_init(&c[i], 7);
        CHECK_INT(test_subscribe(&w, &c[i], TEXT("room:1"), false), ERR_OK);
        world_turn(&w);
        reactor_leave(w.reactor);
    }
    memset(&heard, 0, sizeof heard);
    CHECK_INT(hub_channels(w.hub, TEXT("room:?"), false, &asker), ERR_OK);
    for (unsigned i = 0; i < 2; i++) {
        CHECK_INT(heard.answers, 0);
        w.reactor = reactors[i];
        reactor_enter(w.reactor);
        world_turn(&w);
        reactor_leave(w.reactor);
    }
    CHECK_INT(heard.answers, 1);
    CHECK_TEXT(heard.text, "\"room:1\":{\"num_clients\":2}");
    for (unsigned i = 0; i < 4; i++) { /* twice: the pushes of the end go to both */
        w.reactor = reactors[i % 2];
        reactor_enter(w.reactor);
        if (i < 2)
            hub_unsubscribe(c[i].subscriber);
        world_turn(&w);
        reactor_leave(w.reactor);
    }
    for (unsigned i = 0; i < 2; i++)
        reactor_free(reactors[i]);
    hub_free(w.hub);
}

static void every_failed_allocation_is_answered_or_returned(void)
{
    struct world w;
    struct test_client c;
    world_open(&w, &env_real, 1024);
    test_client_init(&c, 7);
    CHECK_INT(test_subscribe(&w, &c, TEXT("room:1"), false), ERR_OK);
    world_turn(&w);
    for (unsigned n = 1;; n++) {
        memset(&heard, 0, sizeof heard);
        fault_at(n);
        enum err e = hub_channels(w.hub, TEXT_NONE, false, &asker);
        world_turn(&w);
        bool failed = fault_end();
        CHECK_INT(heard.answers, e == ERR_OK);
        CHECK_INT(e == ERR_OK ? heard.err : e, failed ? ERR_NOMEM : ERR_OK);
        if (!failed)
            break;
    }
    hub_unsubscribe(c.subscriber);
    world_close(&w);
}

UNIT("hub/outside", CASE(history_and_presence_answer_any_thread),
     CASE(a_full_mailbox_is_said_to_any_thread),
     CASE(removal_forgets_the_past_and_keeps_the_numbering),
     CASE(patterns_have_stars_and_question_marks),
     CASE(channels_are_listed_in_order_with_their_clients),
     CASE(more_channels_than_fit_are_an_error), CASE(reactors_are_asked_in_turn_and_added_up),
     CASE(every_failed_allocation_is_answered_or_returned))
