/* What the hub is told about room:<id>: position, recovery whole or not at all, history by pages, and only for members. */
#include "chat/chat.h"
#include "chat_place.h"
#include "unit.h"

struct asked {
    struct stream_page page;
    struct future *came;
};

static void asked_answer(struct stream_asker a, struct stream_page *page)
{
    struct asked *asked = a.owner;
    asked->page = *page;
    (void)future_fulfil(asked->came, ERR_OK, NULL);
}

static struct asked asked;

/* The answer; its publications are good until the next question. */
static struct stream_page *ask(struct place *w, struct stream_query query)
{
    struct stream_source source = chat_stream_source(w->chat);
    buf_fini(&asked.page.publications);
    asked = (struct asked){.came = future_new(NULL)};
    must(source.ask(source.ctx, &query, (struct stream_asker){&asked, 7, asked_answer}) == ERR_OK);
    must(test_wait(future_ref(asked.came)) == ERR_OK);
    asked.came = future_unref(asked.came);
    return &asked.page;
}

/* "5 6 7": the offsets in the answer. */
static const char *offsets(void)
{
    static char out[512];
    struct buf list;
    buf_init(&list, 4 << 20);
    buf_add_char(&list, '[');
    buf_add_text(&list, buf_text(&asked.page.publications));
    buf_add_char(&list, ']');
    CU_ASSERT_TRUE(json_valid(buf_text(&list), 64));
    struct text rest = buf_text(&list), element;
    out[0] = 0;
    unsigned n = 0;
    for (; json_element(&rest, &element); n++) {
        struct text offset = json_at(element, "offset");
        size_t len = strlen(out);
        (void)snprintf(out + len, sizeof out - len, "%s%.*s", n ? " " : "", TEXT_ARG(offset));
        CU_ASSERT_TRUE(json_at(element, "data.type").len > 0);
        CU_ASSERT_TRUE(json_at(element, "time").len > 0);
    }
    CHECK_INT(asked.page.count, n);
    buf_fini(&list);
    return out;
}

/* General with `n` messages at 5.. (four have joined before). */
static struct place with_messages(int n)
{
    struct place w = place_new();
    for (int i = 0; i < n; i++)
        place_send(&w, &w.as_mira, 1, "x");
    return w;
}

static struct stream_query query(struct place *w, enum stream_purpose purpose)
{
    return (struct stream_query){.purpose = purpose, .actor = w->as_ana, .channel = "room:1"};
}

static void only_rooms_are_served(void)
{
    struct place w = place_new();
    struct stream_source s = chat_stream_source(w.chat);
    CU_ASSERT_TRUE(s.serves(s.ctx, TEXT("room:1")));
    CU_ASSERT_TRUE(s.serves(s.ctx, TEXT("room:x")));
    CU_ASSERT_FALSE(s.serves(s.ctx, TEXT("user:1")));
    CU_ASSERT_FALSE(s.serves(s.ctx, TEXT("rooms")));
    place_free(&w);
}

static void members_get_position_and_options_strangers_103(void)
{
    struct place w = with_messages(3);
    struct stream_page *page = ask(&w, query(&w, STREAM_SUBSCRIBE));
    CHECK_INT(page->err, ERR_OK);
    CHECK_INT(page->top, 7);
    CHECK_INT(strlen(page->epoch), 16);
    CHECK_INT(page->count, 0);
    CU_ASSERT_TRUE(page->complete);
    CU_ASSERT_TRUE(page->options.recover && page->options.position && page->options.presence &&
                   page->options.join_leave);
    int64_t secret = place_room(&w, &w.as_mira, "secret", true);
    static const enum stream_purpose all[] = {STREAM_SUBSCRIBE, STREAM_HISTORY, STREAM_PRESENCE};
    for (size_t i = 0; i < 3; i++) {
        struct stream_query q = query(&w, all[i]);
        (void)snprintf(q.channel, sizeof q.channel, "room:%lld", (long long)secret);
        CHECK_INT(ask(&w, q)->err, ERR_DENIED);
        (void)snprintf(q.channel, sizeof q.channel, "room:999");
        CHECK_INT(ask(&w, q)->err, ERR_DENIED);
        (void)snprintf(q.channel, sizeof q.channel, "room:general");
        CHECK_INT(ask(&w, q)->err, ERR_UNKNOWN_CHANNEL);
        CHECK_INT(ask(&w, query(&w, all[i]))->err, ERR_OK);
    }
    place_free(&w);
}

static void who_runs_the_server_sees_every_room_there_is(void)
{
    struct place w = with_messages(3);
    int64_t secret = place_room(&w, &w.as_mira, "secret", true);
    static const enum stream_purpose all[] = {STREAM_HISTORY, STREAM_PRESENCE};
    for (size_t i = 0; i < 2; i++) {
        struct stream_query q = query(&w, all[i]);
        q.actor = (struct actor){.right = RIGHT_LOCAL};
        CHECK_INT(ask(&w, q)->err, ERR_OK);
        CHECK_INT(asked.page.top, 7);
        (void)snprintf(q.channel, sizeof q.channel, "room:%lld", (long long)secret);
        CHECK_INT(ask(&w, q)->err, ERR_OK);
        (void)snprintf(q.channel, sizeof q.channel, "room:999");
        CHECK_INT(ask(&w, q)->err, ERR_UNKNOWN_CHANNEL);
        (void)snprintf(q.channel, sizeof q.channel, "room:general");
        CHECK_INT(ask(&w, q)->err, ERR_UNKNOWN_CHANNEL);
    }
    place_free(&w);
}

static struct stream_page *recover(struct place *w, uint64_t since, const char *epoch)
{
    struct stream_query q = query(w, STREAM_SUBSCRIBE);
    q.has_since = true;
    q.since = since;
    q.limit = -1;
    text_copy(q.epoch, sizeof q.epoch, text_of(epoch));
    return ask(w, q);
}

/* recovery_max is 20: top is 27. */
static void a_recovery_is_whole_or_nothing(void)
{
    struct place w = with_messages(23);
    char epoch[EPOCH_SIZE];
    text_copy(epoch, sizeof epoch, text_of(ask(&w, query(&w, STREAM_SUBSCRIBE))->epoch));
    struct stream_page *page = recover(&w, 24, epoch);
    CU_ASSERT_TRUE(page->complete);
    CHECK_TEXT(offsets(), "25 26 27");
    CHECK_INT(page->last, 27);
    CU_ASSERT_TRUE(recover(&w, 27, epoch)->complete); /* nothing missed */
    CHECK_INT(asked.page.count, 0);
    CU_ASSERT_TRUE(recover(&w, 7, epoch)->complete); /* exactly 20 */
    CHECK_INT(asked.page.count, 20);
    page = recover(&w, 6, epoch); /* 21: too many, and then none */
    CHECK_INT(page->err, ERR_OK);
    CU_ASSERT_FALSE(page->complete);
    CHECK_INT(page->count, 0);
    CHECK_INT(page->publications.len, 0);
    CHECK_INT(page->top, 27);
    CU_ASSERT_FALSE(recover(&w, 28, epoch)->complete);              /* ahead of us */
    CU_ASSERT_FALSE(recover(&w, 24, "0123456789abcdef")->complete); /* another numbering */
    CHECK_INT(asked.page.count, 0);
    CU_ASSERT_TRUE(recover(&w, 24, "")->complete);
    place_free(&w);
}

/* 48,000 bytes each: eleven are more than 512 KiB, ten are less. */
static void a_recovery_is_bounded_in_bytes_too(void)
{
    struct place w = place_new();
    char *params = malloc(60000);
    must(params);
    for (int i = 0; i < 11; i++) {
        int n = snprintf(params, 60000, "{\"room\":\"1\",\"key\":\"b%d\",\"text\":\"", i);
        for (int k = 0; k < 16000; k++)
            n += snprintf(params + n, 4, "\xe2\x82\xac");
        (void)snprintf(params + n, 3, "\"}");
        must(product_call_text(w.p, &w.as_mira, "message.send", text_of(params))->err == ERR_OK);
    }
    free(params);
    CU_ASSERT_TRUE(recover(&w, 5, "")->complete);
    CHECK_INT(asked.page.count, 10);
    CU_ASSERT_FALSE(recover(&w, 4, "")->complete);
    CHECK_INT(asked.page.publications.len, 0);
    struct stream_query q = query(&w, STREAM_HISTORY); /* history gives what fits */
    q.limit = -1;
    q.has_since = true;
    q.since = 4;
    CU_ASSERT_FALSE(ask(&w, q)->complete);
    CHECK_TEXT(offsets(), "5 6 7 8 9 10 11 12 13 14");
    CU_ASSERT_TRUE(asked.page.publications.len <= (size_t)512 * 1024);
    place_free(&w);
}

/* history_max is 10; events 1..15. */
static void history_goes_forward_and_back_by_pages(void)
{
    struct place w = with_messages(11);
    struct stream_query q = query(&w, STREAM_HISTORY);
    struct stream_page *page = ask(&w, q); /* limit 0: only the position */
    CHECK_INT(page->top, 15);
    CHECK_INT(page->count, 0);
    q.limit = 3;
    (void)ask(&w, q);
    CHECK_TEXT(offsets(), "1 2 3");
    CU_ASSERT_FALSE(asked.page.complete);
    q.reverse = true;
    (void)ask(&w, q);
    CHECK_TEXT(offsets(), "15 14 13");
    q.has_since = true;
    q.since = 13; /* strictly below */
    (void)ask(&w, q);
    CHECK_TEXT(offsets(), "12 11 10");
    q.reverse = false;
    (void)ask(&w, q);
    CHECK_TEXT(offsets(), "14 15");
    CU_ASSERT_TRUE(asked.page.complete);
    q.since = 0;
    q.limit = -1; /* all: at most history_max */
    (void)ask(&w, q);
    CHECK_TEXT(offsets(), "1 2 3 4 5 6 7 8 9 10");
    CU_ASSERT_FALSE(asked.page.complete);
    CHECK_INT(asked.page.last, 10);
    q.since = 15;
    (void)ask(&w, q);
    CHECK_INT(asked.page.count, 0);
    CU_ASSERT_TRUE(asked.page.complete);
    text_copy(q.epoch, sizeof q.epoch, TEXT("another"));
    CHECK_INT(ask(&w, q)->err, ERR_UNRECOVERABLE);
    place_free(&w);
}

static void the_stream_is_the_same_after_a_restart(void)
{
    struct place w = with_messages(3);
    char epoch[EPOCH_SIZE];
    text_copy(epoch, sizeof epoch, text_of(ask(&w, query(&w, STREAM_SUBSCRIBE))->epoch));
    place_reopen(&w);
    struct stream_page *page = recover(&w, 5, epoch);
    CU_ASSERT_TRUE(page->complete);
    CHECK_TEXT(offsets(), "6 7");
    place_send(&w, &w.as_mira, 1, "next");
    CHECK_INT(recover(&w, 5, epoch)->top, 8);
    buf_fini(&asked.page.publications);
    place_free(&w);
}

static void what_was_published_is_what_is_read(void)
{
    struct place w = with_messages(1);
    struct heard p = pub_last(PUB_STREAM, "room:1", "message_created");
    struct stream_page *page = recover(&w, 4, "");
    struct text data = json_at(buf_text(&page->publications), "data");
    CU_ASSERT_TRUE(text_is(data, text_of(p.data)));
    buf_fini(&asked.page.publications);
    place_free(&w);
}

UNIT("chat/source", CASE(only_rooms_are_served),
     CASE(members_get_position_and_options_strangers_103),
     CASE(who_runs_the_server_sees_every_room_there_is), CASE(a_recovery_is_whole_or_nothing),
     CASE(a_recovery_is_bounded_in_bytes_too), CASE(history_goes_forward_and_back_by_pages),
     CASE(the_stream_is_the_same_after_a_restart), CASE(what_was_published_is_what_is_read))
