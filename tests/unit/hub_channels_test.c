/* Guards: channels in memory do what their namespace says: what is kept, numbered, recovered, told as a difference, by
 * number, by tags; and a key publishes once. */
#include "fault.h"
#include "hub_world.h"
#include "wire/tag_filter.h"

static struct {
    unsigned count;
    enum err err;
    uint64_t offset;
    char epoch[EPOCH_SIZE];
} said;

static void on_published(const struct hub_publisher *to, enum err e, uint64_t offset,
                         const char *epoch)
{
    CHECK_INT(to->id, 9);
    said.count++;
    said.err = e;
    said.offset = offset;
    text_copy(said.epoch, sizeof said.epoch, text_of(epoch));
}

static void publish(struct world *w, const struct hub_publication *p) ON(role_reactor)
{
    struct hub_publisher to = {.id = 9, .published = on_published};
    unsigned before = said.count;
    hub_publish_to(w->hub, p, &to);
    world_turn(w);
    CHECK_INT(said.count, before + 1); /* exactly once */
}

static void say(struct world *w, struct text channel, struct text data) ON(role_reactor)
{
    publish(w, &(struct hub_publication){.channel = channel, .data = data, .delta = true});
    CHECK_INT(said.err, ERR_OK);
}

static void join(struct world *w, struct test_client *c, const struct subscribe_request *r)
    ON(role_reactor)
{
    CHECK_INT(hub_subscribe(w->hub, &c->hub_client, r, &c->subscriber), ERR_OK);
    world_turn(w);
    CHECK_INT(c->answers, 1);
    CHECK_INT(c->result.err, ERR_OK);
}

#define NEWS TEXT("news:1")
#define LIVE TEXT("live:1")

static void a_channel_without_history_tells_who_is_there_and_numbers_nothing(void)
{
    struct world w;
    static struct test_client c;
    world_open(&w, &env_real, 1024);
    test_client_init(&c, 7);
    join(&w, &c, &(struct subscribe_request){.channel = TEXT("plain")});
    CU_ASSERT_FALSE(c.result.recoverable || c.result.positioned);
    say(&w, TEXT("plain"), TEXT("{\"a\":1}"));
    CHECK_INT(said.offset, 0);
    CHECK_TEXT(said.epoch, "");
    CHECK_INT(c.pushes, 1);
    CU_ASSERT_PTR_NULL(strstr(c.last_push, "offset"));
    hub_unsubscribe(c.subscriber);
    world_close(&w);
}

static void an_unknown_namespace_has_no_channels(void)
{
    struct world w;
    static struct test_client c;
    world_open(&w, &env_real, 1024);
    test_client_init(&c, 7);
    publish(&w, &(struct hub_publication){.channel = TEXT("nowhere:1"), .data = TEXT("1")});
    CHECK_INT(said.err, ERR_UNKNOWN_CHANNEL);
    struct subscribe_request r = {.channel = TEXT("nowhere:1")};
    CHECK_INT(hub_subscribe(w.hub, &c.hub_client, &r, &c.subscriber), ERR_OK);
    world_turn(&w);
    CHECK_INT(c.result.err, ERR_UNKNOWN_CHANNEL);
    world_close(&w);
}

/* 5 are kept. */
static void history_keeps_its_size_and_says_who_published_with_which_tags(void)
{
    struct world w;
    static struct test_client c;
    world_open(&w, &env_real, 1024);
    test_client_init(&c, 7);
    for (int i = 0; i < 7; i++)
        publish(&w, &(struct hub_publication){.channel = NEWS,
                                              .data = TEXT("{}"),
                                              .info = TEXT("{\"user\":\"8\"}"),
                                              .tags = TEXT("{\"k\":\"v\"}")});
    CHECK_INT(said.offset, 7);
    CU_ASSERT_TRUE(said.epoch[0] != 0);
    c.result.top = 2;
    text_copy(c.epoch, sizeof c.epoch, text_of(said.epoch));
    CHECK_INT(test_subscribe(&w, &c, NEWS, true), ERR_OK);
    world_turn(&w);
    CU_ASSERT_TRUE(c.result.recovered); /* 3..7 */
    CHECK_INT(c.count, 5);
    hub_unsubscribe(c.subscriber);
    test_client_init(&c, 7);
    c.result.top = 1; /* 2 is gone */
    CHECK_INT(test_subscribe(&w, &c, NEWS, true), ERR_OK);
    world_turn(&w);
    CU_ASSERT_FALSE(c.result.recovered);
    CHECK_INT(c.result.top, 7);
    say(&w, NEWS, TEXT("{}"));
    CU_ASSERT_PTR_NOT_NULL(strstr(c.last_push, "\"offset\":8"));
    hub_unsubscribe(c.subscriber);
    world_close(&w);
}

/* 1 MiB is what a client's queue holds; as a text each byte may need two. */
static void what_no_client_could_take_is_refused(void)
{
    struct world w;
    static char data[1 << 20];
    world_open(&w, &env_real, 1024);
    memset(data, 'x', sizeof data);
    struct hub_publication p = {.channel = TEXT("plain"), .data = {data, (1 << 20) - 1024}};
    publish(&w, &p);
    CHECK_INT(said.err, ERR_OK);
    p.data.len++;
    publish(&w, &p);
    CHECK_INT(said.err, ERR_LIMIT);
    p = (struct hub_publication){.channel = NEWS, .data = {data, ((1 << 20) - 1024) / 2}};
    publish(&w, &p);
    CHECK_INT(said.err, ERR_OK);
    p.data.len++;
    publish(&w, &p);
    CHECK_INT(said.err, ERR_LIMIT);
    p = (struct hub_publication){.channel = TEXT("ne\0ws:1"), .data = TEXT("1")};
    publish(&w, &p);
    CHECK_INT(said.err, ERR_UNKNOWN_CHANNEL);
    world_close(&w);
}

static struct {
    unsigned count;
    bool complete;
    uint64_t last;
} read_page;

static void on_history(const struct hub_asker *asker, const struct stream_page *page)
{
    (void)asker;
    CHECK_INT(page->err, ERR_OK);
    read_page.count = page->count;
    read_page.complete = page->complete;
    read_page.last = page->last;
}

static void read_after(struct world *w, uint64_t since) ON(role_reactor)
{
    struct stream_query q = {
        .purpose = STREAM_HISTORY, .has_since = true, .since = since, .limit = -1};
    struct hub_asker asker = {.history = on_history};
    text_copy(q.channel, sizeof q.channel, NEWS);
    CHECK_INT(hub_history(w->hub, &q, &asker), ERR_OK);
    world_turn(w);
}

/* 512 KiB hold two publications of 200 KB, not three; one of 520 KB stands alone. */
static void a_long_history_is_read_page_by_page(void)
{
    struct world w;
    static char data[520002];
    world_open(&w, &env_real, 1024);
    memset(data, 'x', sizeof data);
    data[0] = data[199999] = '"';
    for (int i = 0; i < 4; i++)
        say(&w, NEWS, (struct text){data, 200000});
    data[199999] = 'x';
    data[520001] = '"';
    say(&w, NEWS, (struct text){data, sizeof data});
    read_after(&w, 0);
    CHECK_INT(read_page.count, 2);
    CU_ASSERT_FALSE(read_page.complete);
    read_after(&w, read_page.last);
    CHECK_INT(read_page.count, 2);
    CHECK_INT(read_page.last, 4);
    read_after(&w, read_page.last);
    CHECK_INT(read_page.count, 1);
    CU_ASSERT_TRUE(read_page.complete);
    world_close(&w);
}

static void who_asks_gets_a_position_where_the_namespace_lets_him(void)
{
    struct world w;
    static struct test_client asks, does_not, elsewhere;
    world_open(&w, &env_real, 1024);
    test_client_init(&asks, 7);
    test_client_init(&does_not, 8);
    test_client_init(&elsewhere, 9);
    join(&w, &asks, &(struct subscribe_request){.channel = TEXT("ask:1"), .recoverable = true});
    join(&w, &does_not, &(struct subscribe_request){.channel = TEXT("ask:1")});
    join(&w, &elsewhere, &(struct subscribe_request){.channel = LIVE, .positioned = true});
    CU_ASSERT_TRUE(asks.result.recoverable && asks.result.positioned);
    CU_ASSERT_FALSE(does_not.result.recoverable || does_not.result.positioned);
    CU_ASSERT_FALSE(elsewhere.result.positioned);
    hub_unsubscribe(asks.subscriber);
    hub_unsubscribe(does_not.subscriber);
    hub_unsubscribe(elsewhere.subscriber);
    world_close(&w);
}

static void who_rejects_an_incomplete_recovery_gets_112(void)
{
    struct world w;
    static struct test_client c;
    world_open(&w, &env_real, 1024);
    test_client_init(&c, 7);
    for (int i = 0; i < 7; i++)
        say(&w, NEWS, TEXT("{}"));
    struct subscribe_request r = {.channel = NEWS,
                                  .recover = true,
                                  .offset = 1,
                                  .epoch = text_of(said.epoch),
                                  .reject_unrecovered = true};
    CHECK_INT(hub_subscribe(w.hub, &c.hub_client, &r, &c.subscriber), ERR_OK);
    world_turn(&w);
    CHECK_INT(c.result.err, ERR_UNRECOVERABLE);
    r.offset = 2;
    CHECK_INT(hub_subscribe(w.hub, &c.hub_client, &r, &c.subscriber), ERR_OK);
    world_turn(&w);
    CHECK_INT(c.result.err, ERR_OK);
    CU_ASSERT_TRUE(c.result.recovered);
    hub_unsubscribe(c.subscriber);
    world_close(&w);
}

static void a_key_publishes_once_and_has_the_first_answer(void)
{
    struct world w;
    static struct test_client c;
    world_open(&w, &env_real, 1024);
    test_client_init(&c, 7);
    join(&w, &c, &(struct subscribe_request){.channel = NEWS});
    struct hub_publication p = {.channel = NEWS, .data = TEXT("1"), .key = TEXT("k")};
    publish(&w, &p);
    publish(&w, &p);
    CHECK_INT(said.offset, 1);
    CHECK_INT(c.pushes, 1);
    p.key = TEXT("l");
    publish(&w, &p);
    CHECK_INT(said.offset, 2);
    p.channel = LIVE; /* the same key elsewhere is another */
    publish(&w, &p);
    CHECK_INT(said.offset, 0);
    p.channel = NEWS;
    char longest[PUBLISH_KEY_MAX + 1];
    memset(longest, 'k', sizeof longest);
    p.key = (struct text){longest, PUBLISH_KEY_MAX};
    publish(&w, &p);
    CHECK_INT(said.err, ERR_OK);
    p.key.len++;
    publish(&w, &p);
    CHECK_INT(said.err, ERR_LIMIT);
    hub_unsubscribe(c.subscriber);
    world_close(&w);
}

static void what_skips_the_history_is_told_and_not_kept(void)
{
    struct world w;
    static struct test_client c;
    world_open(&w, &env_real, 1024);
    test_client_init(&c, 7);
    join(&w, &c, &(struct subscribe_request){.channel = NEWS});
    say(&w, NEWS, TEXT("1"));
    publish(&w,
            &(struct hub_publication){.channel = NEWS, .data = TEXT("2"), .skip_history = true});
    CHECK_INT(said.offset, 0);
    CHECK_INT(c.pushes, 2);
    say(&w, NEWS, TEXT("3"));
    CHECK_INT(said.offset, 2);
    CHECK_INT(c.ended, 0); /* no gap */
    hub_unsubscribe(c.subscriber);
    world_close(&w);
}

/* ---- differences */

#define LONG_DATA(n)                                                                               \
    "{\"n\":" #n ",\"text\":\"the same words in each of them, more than a delta would need\"}"

static void differences_begin_with_the_whole_and_follow_without_a_gap(void)
{
    struct world w;
    static struct test_client c, plain;
    world_open(&w, &env_real, 1024);
    test_client_init(&c, 7);
    test_client_init(&plain, 8);
    join(&w, &c, &(struct subscribe_request){.channel = LIVE, .delta = true});
    join(&w, &plain, &(struct subscribe_request){.channel = LIVE});
    CU_ASSERT_TRUE(c.result.delta);
    CU_ASSERT_FALSE(plain.result.delta);
    say(&w, LIVE, TEXT(LONG_DATA(1)));
    CU_ASSERT_PTR_NOT_NULL(strstr(c.last_push, "\"data\":\"{\\\"n\\\":1,")); /* as a text */
    CU_ASSERT_PTR_NULL(strstr(c.last_push, "\"delta\":true"));
    CU_ASSERT_PTR_NOT_NULL(strstr(plain.last_push, "\"data\":{\"n\":1,"));
    say(&w, LIVE, TEXT(LONG_DATA(2)));
    CU_ASSERT_PTR_NOT_NULL(strstr(c.last_push, "\"delta\":true"));
    CU_ASSERT_PTR_NULL(strstr(c.last_push, "same words"));
    CU_ASSERT_PTR_NOT_NULL(strstr(plain.last_push, "\"data\":{\"n\":2,"));
    say(&w, LIVE, TEXT("7")); /* shorter than a difference would be */
    CU_ASSERT_PTR_NOT_NULL(strstr(c.last_push, "\"data\":\"7\""));
    CU_ASSERT_PTR_NULL(strstr(c.last_push, "\"delta\":true"));
    hub_unsubscribe(c.subscriber);
    test_client_init(&c, 7);
    say(&w, LIVE, TEXT(LONG_DATA(3)));
    join(&w, &c, &(struct subscribe_request){.channel = LIVE, .delta = true});
    say(&w, LIVE, TEXT(LONG_DATA(4))); /* has not seen the one before */
    CU_ASSERT_PTR_NULL(strstr(c.last_push, "\"delta\":true"));
    hub_unsubscribe(c.subscriber);
    hub_unsubscribe(plain.subscriber);
    world_close(&w);
}

static void a_channel_that_allows_no_differences_gives_none(void)
{
    struct world w;
    static struct test_client c;
    world_open(&w, &env_real, 1024);
    test_client_init(&c, 7);
    join(&w, &c, &(struct subscribe_request){.channel = TEXT("ask:1"), .delta = true});
    CU_ASSERT_FALSE(c.result.delta);
    say(&w, TEXT("ask:1"), TEXT("{\"n\":1}"));
    CU_ASSERT_PTR_NOT_NULL(strstr(c.last_push, "\"data\":{\"n\":1}"));
    hub_unsubscribe(c.subscriber);
    world_close(&w);
}

/* ---- no memory */

/* Every allocation of a subscription and of a publication fails in turn: an answer or an error, and nothing is left. */
static void every_failed_allocation_is_told_and_leaves_nothing(void)
{
    struct world w;
    static struct test_client c;
    world_open(&w, &env_real, 1024);
    bool failed = true;
    int64_t before = metric_get(METRIC_subscriptions);
    for (unsigned n = 1; failed; n++) {
        test_client_init(&c, 7);
        char channel[32];
        int len = snprintf(channel, sizeof channel, "news:%u", n);
        struct subscribe_request r = {.channel = {channel, (size_t)len}, .delta = true};
        fault_at(n);
        enum err e = hub_subscribe(w.hub, &c.hub_client, &r, &c.subscriber);
        world_turn(&w);
        failed = fault_end();
        CU_ASSERT_TRUE(e == ERR_OK || e == ERR_NOMEM);
        if (e == ERR_OK && c.subscriber && c.answers)
            hub_unsubscribe(c.subscriber);
        else if (e == ERR_OK)
            hub_unsubscribe(c.answers ? NULL : c.subscriber);
        CHECK_INT(metric_get(METRIC_subscriptions), before);
    }
    failed = true;
    for (unsigned n = 1; failed; n++) {
        struct hub_publisher to = {.id = 9, .published = on_published};
        unsigned told = said.count;
        fault_at(n);
        hub_publish_to(
            w.hub, &(struct hub_publication){.channel = NEWS, .data = TEXT("1"), .key = TEXT("k")},
            &to);
        world_turn(&w);
        failed = fault_end();
        CHECK_INT(said.count, told + 1);
        CU_ASSERT_TRUE(said.err == (failed ? ERR_NOMEM : ERR_OK) || said.err == ERR_OK);
    }
    CHECK_INT(said.offset, 1); /* what failed has published nothing */
    world_close(&w);
}

/* ---- looks are made once */

struct receiver {
    struct hub_client hub_client; /* first */
    struct subscriber *subscriber;
    struct frame *got; /* held */
};

static void on_subscribed(struct hub_client *client, struct subscriber *s,
                          const struct subscribe_result *r)
{
    (void)client;
    (void)s;
    CHECK_INT(r->err, ERR_OK);
}

static void on_deliver(struct hub_client *client, struct frame *f, bool passing)
{
    struct receiver *r = (struct receiver *)client;
    (void)passing;
    frame_unref(r->got);
    r->got = frame_ref(f);
}

static void on_ended(struct hub_client *client, struct subscriber *s, unsigned code,
                     struct text reason)
{
    (void)client;
    (void)s;
    (void)reason;
    CHECK_INT(code, 0);
}

static void on_actor(struct hub_client *client, struct actor *out)
{
    (void)client;
    *out = (struct actor){0};
}

static struct client_info on_info(struct hub_client *client, char id[UUID_SIZE])
{
    (void)client;
    id[0] = '\0';
    return (struct client_info){.user = TEXT_NONE, .client = text_of(id)};
}

static const struct subscriber_events receiver_events = {on_subscribed, on_deliver, on_ended,
                                                         on_actor, on_info};

static void receive(struct world *w, struct receiver *r, struct form form) ON(role_reactor)
{
    struct subscribe_request request = {.channel = LIVE};
    r->hub_client = (struct hub_client){.events = &receiver_events, .form = form};
    CHECK_INT(hub_subscribe(w->hub, &r->hub_client, &request, &r->subscriber), ERR_OK);
    world_turn(w);
}

/* The first byte of a compressed message has RSV1. */
static bool is_compressed(const struct receiver *r)
{
    return r->got && (unsigned char)frame_bytes(r->got).data[0] & 0x40;
}

static void all_of_one_form_share_one_frame_and_it_is_compressed_once(void)
{
    struct world w;
    struct receiver r[6] = {0};
    static const struct form forms[6] = {
        {.window_bits = 15, .level = 1, .compress_min = 40},
        {.window_bits = 15, .level = 1, .compress_min = 40},
        {.window_bits = 10, .level = 1, .compress_min = 40}, /* as good for what is short */
        {.window_bits = 0},
        {.encoding = ENCODING_PROTOBUF},
        {.framing = FRAMING_EVENTS},
    };
    world_open(&w, &env_real, 1024);
    for (int i = 0; i < 6; i++)
        receive(&w, &r[i], forms[i]);
    say(&w, LIVE, TEXT(LONG_DATA(1)));
    CU_ASSERT_TRUE(is_compressed(&r[0]));
    CU_ASSERT_PTR_EQUAL(r[0].got, r[1].got);
    CU_ASSERT_PTR_EQUAL(r[0].got, r[2].got);
    CU_ASSERT_FALSE(is_compressed(&r[3]));
    CHECK_INT((unsigned char)frame_bytes(r[4].got).data[0], 0x82);
    CU_ASSERT_TRUE(text_starts(frame_bytes(r[5].got), TEXT("data: {\"push\":")));
    say(&w, LIVE,
        TEXT("7")); /* {"push":{"channel":"live:1",... is longer than 40, its gain is none */
    for (int i = 0; i < 6; i++) {
        hub_unsubscribe(r[i].subscriber);
        frame_unref(r[i].got);
    }
    world_close(&w);
}

static void what_is_shorter_than_the_least_is_not_compressed(void)
{
    struct form form = {.window_bits = 15, .level = 1, .compress_min = 128};
    CHECK_INT(form_for(form, 127).window_bits, 0);
    CHECK_INT(form_for(form, 128).window_bits, 9);
    CHECK_INT(form_for(form, 100000).window_bits, 15);
    form.window_bits = 10;
    CHECK_INT(form_for(form, 100000).window_bits, 10); /* never more than was agreed */
    form.window_bits = 0;
    CHECK_INT(form_for(form, 100000).window_bits, 0);
}

/* ---- numbers and tags */

static void a_number_stands_in_place_of_the_channels_name(void)
{
    struct world w;
    static struct test_client c;
    world_open(&w, &env_real, 1024);
    test_client_init(&c, 7);
    join(&w, &c, &(struct subscribe_request){.channel = NEWS, .compact = true});
    CU_ASSERT_TRUE(c.result.number > 0);
    say(&w, NEWS, TEXT("{}"));
    char wanted[64];
    (void)snprintf(wanted, sizeof wanted,
                   "{\"push\":{\"id\":%llu,\"pub\":", (unsigned long long)c.result.number);
    CU_ASSERT_PTR_EQUAL(strstr(c.last_push, wanted), c.last_push);
    hub_unsubscribe(c.subscriber);
    world_close(&w);
}

static struct tag_filter *filter(const char *json)
{
    struct tag_filter *f = NULL;
    char error[TAG_FILTER_ERROR_SIZE];
    CHECK_INT(tag_filter_parse(text_of(json), &f, error), ERR_OK);
    return f;
}

static void a_filter_lets_through_what_matches_live_and_recovered(void)
{
    struct world w;
    static struct test_client c;
    world_open(&w, &env_real, 1024);
    test_client_init(&c, 7);
    static const char *const tags[] = {"{\"k\":\"a\"}", "{\"k\":\"b\"}", "", "{\"k\":\"a\"}"};
    for (int i = 0; i < 4; i++)
        publish(&w, &(struct hub_publication){
                        .channel = NEWS, .data = TEXT("{}"), .tags = text_of(tags[i])});
    join(&w, &c,
         &(struct subscribe_request){.channel = NEWS,
                                     .recover = true,
                                     .epoch = text_of(said.epoch),
                                     .filter =
                                         filter("{\"key\":\"k\",\"cmp\":\"eq\",\"val\":\"a\"}")});
    CU_ASSERT_TRUE(c.result.recovered);
    CHECK_INT(c.count, 2); /* 1 and 4 */
    CHECK_INT(c.seen[1], 4);
    for (int i = 0; i < 4; i++)
        publish(&w, &(struct hub_publication){
                        .channel = NEWS, .data = TEXT("{}"), .tags = text_of(tags[i])});
    CHECK_INT(c.count, 4); /* and 5, 8: what did not match is no gap */
    CHECK_INT(c.seen[3], 8);
    CHECK_INT(c.ended, 0);
    hub_unsubscribe(c.subscriber);
    world_close(&w);
}

static void a_channel_without_filters_refuses_one(void)
{
    struct world w;
    static struct test_client c;
    world_open(&w, &env_real, 1024);
    test_client_init(&c, 7);
    struct subscribe_request r = {.channel = TEXT("ask:1"),
                                  .filter = filter("{\"key\":\"k\",\"cmp\":\"ex\"}")};
    CHECK_INT(hub_subscribe(w.hub, &c.hub_client, &r, &c.subscriber), ERR_OK);
    world_turn(&w);
    CHECK_INT(c.result.err, ERR_BAD_REQUEST);
    world_close(&w);
}

UNIT("hub/channels", CASE(a_channel_without_history_tells_who_is_there_and_numbers_nothing),
     CASE(an_unknown_namespace_has_no_channels),
     CASE(history_keeps_its_size_and_says_who_published_with_which_tags),
     CASE(what_no_client_could_take_is_refused), CASE(a_long_history_is_read_page_by_page),
     CASE(who_asks_gets_a_position_where_the_namespace_lets_him),
     CASE(who_rejects_an_incomplete_recovery_gets_112),
     CASE(a_key_publishes_once_and_has_the_first_answer),
     CASE(what_skips_the_history_is_told_and_not_kept),
     CASE(differences_begin_with_the_whole_and_follow_without_a_gap),
     CASE(a_channel_that_allows_no_differences_gives_none),
     CASE(every_failed_allocation_is_told_and_leaves_nothing),
     CASE(all_of_one_form_share_one_frame_and_it_is_compressed_once),
     CASE(what_is_shorter_than_the_least_is_not_compressed),
     CASE(a_number_stands_in_place_of_the_channels_name),
     CASE(a_filter_lets_through_what_matches_live_and_recovered),
     CASE(a_channel_without_filters_refuses_one))
