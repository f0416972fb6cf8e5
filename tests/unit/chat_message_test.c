/* Messages: what a send answers and publishes, the key that makes a retry harmless, pages, mentions, counts. */
#include "base/metrics.h"
#include "chat/inside.h"
#include "chat_place.h"
#include "fault.h"
#include "unit.h"

static struct {
    int count;
    int64_t id, room_id, author_id, time_ms;
    uint64_t offset;
    char text[64];
} seen;

static void observe(void *ctx, const struct chat_message_event *event)
{
    (void)ctx;
    seen.count++;
    seen.id = event->id;
    seen.room_id = event->room_id;
    seen.author_id = event->author_id;
    seen.time_ms = event->time_ms;
    seen.offset = event->offset;
    text_copy(seen.text, sizeof seen.text, event->text);
}

static void a_send_is_answered_published_and_told_to_observers(void)
{
    struct place w = place_new();
    chat_observe(w.chat, observe, NULL);
    int64_t before = metric_get(METRIC_messages);
    uint64_t acks = timer_metric_get(TIMER_ack).count;
    struct answer_got *got =
        CALL_AS(&w, mira, "message.send",
                "{\"room\":\"1\",\"text\":\" Hi \\\"all\\\"\\r\\n.\",\"key\":\"k\"}");
    CHECK_INT(got->err, ERR_OK);
    CHECK_TEXT(got_text(got, "id"), "1");
    CHECK_INT(got_int(got, "offset"), 5); /* after four who joined */
    CHECK_INT(got_int(got, "time"), w.p->clock.wall_ms);
    struct heard p = pub_last(PUB_STREAM, "room:1", "message_created");
    CHECK_INT(p.offset, 5);
    CHECK_INT(p.time_ms, w.p->clock.wall_ms);
    CHECK_TEXT(json_look(p.data, "message.id"), "1");
    CHECK_TEXT(json_look(p.data, "message.room"), "1");
    CHECK_TEXT(json_look(p.data, "message.offset"), "5");
    CHECK_TEXT(json_look(p.data, "message.author.name"), "mira");
    CHECK_TEXT(json_look(p.data, "message.author.role"), "member");
    CHECK_TEXT(json_look(p.data, "message.text"), "Hi \"all\"\n.");
    CHECK_TEXT(json_look(p.data, "message.key"), "k");
    CHECK_TEXT(json_look(p.data, "message.reply_to"), "");
    CHECK_TEXT(json_look(p.data, "message.run_id"), "(absent)");
    CHECK_INT(seen.count, 1);
    CHECK_INT(seen.id, 1);
    CHECK_INT(seen.offset, 5);
    CHECK_INT(seen.author_id, w.mira);
    CHECK_TEXT(seen.text, "Hi \"all\"\n.");
    CHECK_INT(metric_get(METRIC_messages) - before, 1);
    place_settle(&w);
    CHECK_INT(timer_metric_get(TIMER_ack).count - acks, 1);
    /* lists and publications say the same */
    got = CALL_AS(&w, ana, "message.list", "{\"room\":\"1\"}");
    struct text listed = json_at(text_of(got->json), "messages.0");
    struct text published = json_at(text_of(p.data), "message");
    CU_ASSERT_TRUE(text_is(listed, published));
    place_free(&w);
}

static void the_same_key_gives_the_first_result_whatever_the_rest_says(void)
{
    struct place w = place_new();
    int64_t other = place_room(&w, &w.as_mira, "other", false);
    chat_observe(w.chat, observe, NULL);
    seen.count = 0;
    struct answer_got *got =
        CALL_AS(&w, mira, "message.send", "{\"room\":\"1\",\"text\":\"one\",\"key\":\"k\"}");
    int64_t id = got_int(got, "id"), offset = got_int(got, "offset");
    product_advance(w.p, 5000);
    got = CALL_AS(&w, mira, "message.send", "{\"room\":\"1\",\"text\":\"one\",\"key\":\"k\"}");
    CHECK_INT(got_int(got, "id"), id);
    CHECK_INT(got_int(got, "offset"), offset);
    CHECK_INT(got_int(got, "time"), w.p->clock.wall_ms - 5000);
    got = CALL_AS(&w, mira, "message.send",
                  "{\"room\":\"%lld\",\"text\":\"two\",\"key\":\"k\",\"reply_to\":\"77\"}",
                  (long long)other);
    CHECK_INT(got_int(got, "id"), id);
    got = CALL_AS(&w, ana, "message.send", "{\"room\":\"1\",\"text\":\"mine\",\"key\":\"k\"}");
    CU_ASSERT_TRUE(got_int(got, "id") != id); /* another author's key is another key */
    CHECK_INT(pub_of(PUB_STREAM, "", "message_created"), 2);
    CHECK_INT(seen.count, 2);

    place_reopen(&w); /* it is on disk, not in memory */
    got = CALL_AS(&w, mira, "message.send", "{\"room\":\"1\",\"text\":\"one\",\"key\":\"k\"}");
    CHECK_INT(got_int(got, "id"), id);
    CALL_AS(&w, mira, "room.leave", "{\"room\":\"1\"}");
    got = CALL_AS(&w, mira, "message.send", "{\"room\":\"1\",\"text\":\"one\",\"key\":\"k\"}");
    CHECK_INT(got_int(got, "id"), id); /* not a member any more: it was acknowledged all the same */
    place_free(&w);
}

static void a_reply_is_to_a_message_of_the_same_room(void)
{
    struct place w = place_new();
    int64_t other = place_room(&w, &w.as_mira, "other", false);
    int64_t id = place_send(&w, &w.as_mira, 1, "question");
    struct answer_got *got = CALL_AS(
        &w, ana, "message.send",
        "{\"room\":\"1\",\"text\":\"answer\",\"key\":\"a\",\"reply_to\":\"%lld\"}", (long long)id);
    CHECK_INT(got->err, ERR_OK);
    struct heard p = pub_last(PUB_STREAM, "room:1", "message_created");
    CHECK_INT(strtoll(json_look(p.data, "message.reply_to"), NULL, 10), id);
    got = CALL_AS(&w, mira, "message.send",
                  "{\"room\":\"%lld\",\"text\":\"answer\",\"key\":\"b\",\"reply_to\":\"%lld\"}",
                  (long long)other, (long long)id);
    CHECK_INT(got->code, 107);
    CHECK_TEXT(got->field, "reply_to");
    /* a refusal leaves no hole and no key: the same key works afterwards */
    got = CALL_AS(&w, mira, "message.send", "{\"room\":\"%lld\",\"text\":\"x\",\"key\":\"b\"}",
                  (long long)other);
    CHECK_INT(got_int(got, "offset"), 1);
    place_free(&w);
}

/* Sends a text of `n` times `unit` as raw JSON; returns the code. */
static int send_repeated(struct place *w, const char *unit, size_t n, const char *key)
{
    struct buf b;
    buf_init(&b, (size_t)256 * 1024);
    buf_add_text(&b, TEXT("{\"room\":\"1\",\"key\":\""));
    buf_add_text(&b, text_of(key));
    buf_add_text(&b, TEXT("\",\"text\":\""));
    for (size_t i = 0; i < n; i++)
        buf_add_text(&b, text_of(unit));
    buf_add_text(&b, TEXT("\"}"));
    struct answer_got *got = product_call_text(w->p, &w->as_mira, "message.send", buf_text(&b));
    buf_fini(&b);
    if (got->code == 107)
        CHECK_TEXT(got->field, "text");
    return got->code;
}

static void a_text_has_at_most_16000_characters_and_48000_bytes_as_json(void)
{
    struct place w = place_new();
    CHECK_INT(send_repeated(&w, "x", 16000, "a"), 0);
    CHECK_INT(send_repeated(&w, "x", 16001, "b"), 107);
    CHECK_INT(send_repeated(&w, "\xe2\x82\xac", 16000, "c"), 0); /* 3 bytes each: 48,000 */
    CHECK_INT(send_repeated(&w, "\xf0\x9f\x98\x80", 12000, "d"), 0);
    CHECK_INT(send_repeated(&w, "\xf0\x9f\x98\x80", 12001, "e"), 107);
    CHECK_INT(send_repeated(&w, "\\u0001", 8000, "f"), 0); /* 6 bytes each as JSON */
    CHECK_INT(send_repeated(&w, "\\u0001", 8001, "g"), 107);
    CHECK_INT(send_repeated(&w, "\\\"", 16000, "h"), 0); /* 2 bytes each */
    CHECK_INT(send_repeated(&w, " ", 10, "i"), 107);     /* trimmed: nothing is left */
    place_free(&w);
}

static void bad_input_names_its_field(void)
{
    static const struct {
        const char *method, *params, *field;
    } cases[] = {
        {"message.send", "{\"text\":\"x\",\"key\":\"k\"}", "room"},
        {"message.send", "{\"room\":\"1\",\"key\":\"k\"}", "text"},
        {"message.send", "{\"room\":\"1\",\"text\":\"x\"}", "key"},
        {"message.send", "{\"room\":\"1\",\"text\":\"x\",\"key\":\"\"}", "key"},
        {"message.send", "{\"room\":\"1\",\"text\":\"x\",\"key\":\"a\\u0001\"}", "key"},
        {"message.send",
         "{\"room\":\"1\",\"text\":\"x\",\"key\":"
         "\"12345678901234567890123456789012345678901234567890123456789012345\"}",
         "key"},
        {"message.send", "{\"room\":\"1\",\"text\":\"x\\u0000\",\"key\":\"k\"}", "text"},
        {"message.send", "{\"room\":\"1\",\"text\":\"x\",\"key\":\"k\",\"reply_to\":\"x\"}",
         "reply_to"},
        {"message.list", "{}", "room"},
        {"message.list", "{\"room\":\"1\",\"limit\":0}", "limit"},
        {"message.list", "{\"room\":\"1\",\"limit\":201}", "limit"},
        {"message.list", "{\"room\":\"1\",\"before\":-1}", "before"},
        {"message.list", "{\"room\":\"1\",\"before\":1,\"after\":2}", "after"},
        {"message.list", "{\"room\":\"1\",\"after\":1,\"around\":2}", "around"},
        {"read.mark", "{\"room\":\"1\"}", "offset"},
        {"read.mark", "{\"room\":\"1\",\"offset\":-1}", "offset"},
        {"read.mark", "{\"room\":\"1\",\"offset\":\"5\"}", "offset"},
        {"typing.start", "{}", "room"},
        {"message.search", "{}", "query"},
        {"message.search", "{\"query\":\"\"}", "query"},
        {"message.search", "{\"query\":\"x\",\"limit\":500}", "limit"},
        {"message.search", "{\"query\":\"x\",\"cursor\":\"5\"}", "cursor"},
    };
    struct place w = place_new();
    pub_clear();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct answer_got *got =
            product_call_text(w.p, &w.as_mira, cases[i].method, text_of(cases[i].params));
        CHECK_INT(got->code, 107);
        CHECK_TEXT(got->field, cases[i].field);
    }
    CHECK_INT(pub_of(PUB_STREAM, "", ""), 0);
    place_free(&w);
}

/* ---- pages */

/* "5 6 7": the offsets of the messages in the answer. */
static const char *offsets(const struct answer_got *got)
{
    static char out[2048];
    out[0] = 0;
    int n = got_count(got, "messages");
    for (int i = 0; i < n; i++) {
        char path[40];
        (void)snprintf(path, sizeof path, "messages.%d.offset", i);
        size_t len = strlen(out);
        (void)snprintf(out + len, sizeof out - len, "%s%s", i ? " " : "", got_text(got, path));
    }
    return out;
}

static const char *page(struct place *w, const char *rest)
{
    return offsets(CALL_AS(w, mira, "message.list", "{\"room\":\"1\"%s}", rest));
}

/* Messages at 5..14, with nothing else between. */
static void pages_go_before_after_and_around(void)
{
    struct place w = place_new();
    for (int i = 0; i < 10; i++)
        place_send(&w, &w.as_mira, 1, "x");
    CHECK_TEXT(page(&w, ""), "5 6 7 8 9 10 11 12 13 14");
    CHECK_TEXT(page(&w, ",\"limit\":3"), "12 13 14");
    CHECK_TEXT(page(&w, ",\"limit\":3,\"before\":12"), "9 10 11");
    CHECK_TEXT(page(&w, ",\"limit\":3,\"before\":7"), "5 6");
    CHECK_TEXT(page(&w, ",\"limit\":3,\"before\":0"), "");
    CHECK_TEXT(page(&w, ",\"limit\":3,\"after\":6"), "7 8 9");
    CHECK_TEXT(page(&w, ",\"after\":14"), "");
    CHECK_TEXT(page(&w, ",\"limit\":3,\"after\":0"), "5 6 7");
    CHECK_TEXT(page(&w, ",\"limit\":4,\"around\":9"), "8 9 10 11");
    CHECK_TEXT(page(&w, ",\"limit\":5,\"around\":9"), "7 8 9 10 11");
    CHECK_TEXT(page(&w, ",\"limit\":1,\"around\":9"), "9");
    CHECK_TEXT(page(&w, ",\"limit\":4,\"around\":9223372036854775807"), "13 14");
    struct answer_got *got = CALL_AS(&w, mira, "message.list", "{\"room\":\"1\",\"limit\":3}");
    CHECK_TEXT(got_text(got, "more"), "true");
    CHECK_INT(got_int(got, "offset"), 14);
    CHECK_INT(strlen(got_text(got, "epoch")), 16);
    got = CALL_AS(&w, mira, "message.list", "{\"room\":\"1\",\"limit\":10}");
    CHECK_TEXT(got_text(got, "more"), "false");
    got = CALL_AS(&w, mira, "message.list", "{\"room\":\"1\",\"after\":12,\"limit\":2}");
    CHECK_TEXT(got_text(got, "more"), "false");
    got = CALL_AS(&w, mira, "message.list", "{\"room\":\"1\",\"after\":11,\"limit\":2}");
    CHECK_TEXT(got_text(got, "more"), "true");
    got = CALL_AS(&w, mira, "message.list", "{\"room\":\"1\",\"around\":6,\"limit\":4}");
    CHECK_TEXT(got_text(got, "more"), "false"); /* of older ones */
    place_free(&w);
}

/* 40 texts of 16,000 characters are 640,000 bytes: more than one reply. */
static void a_page_ends_at_512_kib_and_says_that_there_is_more(void)
{
    struct place w = place_new();
    for (int i = 0; i < 40; i++) {
        char key[16];
        (void)snprintf(key, sizeof key, "big%d", i);
        CHECK_INT(send_repeated(&w, "x", 16000, key), 0);
    }
    struct answer_got *got = CALL_AS(&w, ana, "message.list", "{\"room\":\"1\",\"limit\":100}");
    int n = got_count(got, "messages");
    CU_ASSERT_TRUE(n > 25 && n < 33);
    CU_ASSERT_TRUE(strlen(got->json) <= (size_t)512 * 1024);
    CHECK_TEXT(got_text(got, "more"), "true");
    char last[40]; /* the newest are there, the oldest were left out */
    (void)snprintf(last, sizeof last, "messages.%d.offset", n - 1);
    CHECK_INT(got_int(got, last), 44);
    place_free(&w);
}

/* ---- counts */

static void unread_and_mentions_count_after_the_mark_and_not_own_messages(void)
{
    struct place w = place_new();
    place_send(&w, &w.as_mira, 1, "one @ana");      /* 5 */
    place_send(&w, &w.as_mira, 1, "two");           /* 6 */
    place_send(&w, &w.as_ana, 1, "mine @ana @ben"); /* 7 */
    place_send(&w, &w.as_ben, 1, "three @Ana!");    /* 8 */
    struct answer_got *got = CALL_AS(&w, ana, "room.list", "{}");
    CHECK_INT(got_int(got, "rooms.0.unread"), 3);
    CHECK_INT(got_int(got, "rooms.0.mentions"), 2);
    CHECK_INT(got_int(got, "rooms.0.last_time"), w.p->clock.wall_ms);
    got = CALL_AS(&w, ben, "room.list", "{}");
    CHECK_INT(got_int(got, "rooms.0.unread"), 3);
    CHECK_INT(got_int(got, "rooms.0.mentions"), 1);

    pub_clear();
    got = CALL_AS(&w, ana, "read.mark", "{\"room\":\"1\",\"offset\":6}");
    CHECK_INT(got_int(got, "read"), 6);
    CHECK_INT(got_int(got, "unread"), 1);
    CHECK_INT(got_int(got, "mentions"), 1);
    char channel[32];
    (void)snprintf(channel, sizeof channel, "user:%lld", (long long)w.ana);
    struct heard p = pub_last(PUB_USER, channel, "read");
    CHECK_TEXT(json_look(p.data, "room"), "1");
    CHECK_TEXT(json_look(p.data, "read"), "6");
    CHECK_TEXT(json_look(p.data, "unread"), "1");

    got = CALL_AS(&w, ana, "read.mark", "{\"room\":\"1\",\"offset\":5}");
    CHECK_INT(got_int(got, "read"), 6); /* never back */
    CHECK_INT(pub_of(PUB_USER, channel, "read"), 1);
    got = CALL_AS(&w, ana, "read.mark", "{\"room\":\"1\",\"offset\":1000}");
    CHECK_INT(got_int(got, "read"), 8); /* nor above the top: what comes next is unread */
    CHECK_INT(got_int(got, "unread"), 0);
    place_send(&w, &w.as_ben, 1, "four");
    CHECK_INT(got_int(CALL_AS(&w, ana, "room.list", "{}"), "rooms.0.unread"), 1);
    place_free(&w);
}

static void a_mention_goes_from_word_start_to_word_end(void)
{
    static const struct {
        const char *text, *names; /* as they may be meant, longest first */
    } cases[] = {
        {"@ana", "ana"},
        {"hello @ana, and @Ben.", "ana ben."},
        {"(@ana) \"@ben\"", "ana ben"},
        {"mail@ana.example", ""},
        {"@@ana", ""},
        {"@", ""},
        {"@ana\xc3\xa9", ""},
        {"x\xc3\xa9@ana", ""},
        {"@ana\xe2\x80\x99s", "ana"},            /* a curly apostrophe */
        {"\xe4\xbd\xa0\xe5\xa5\xbd@ana", "ana"}, /* scripts without spaces */
        {"_@ana", ""},
        {"@ana_b", "ana_b"},
        {"a\n@ana", "ana"},
        {"@nook what did I miss", "nook"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char names[200] = "", name[NAME_SIZE];
        size_t at = 0;
        while (mention_next(text_of(cases[i].text), &at, name)) {
            size_t len = strlen(names);
            (void)snprintf(names + len, sizeof names - len, "%s%s", len ? " " : "", name);
        }
        CHECK_TEXT(names, cases[i].names);
    }
}

static void a_mention_is_of_a_member_by_the_longest_name(void)
{
    struct place w = place_new();
    int64_t dotted = product_person(w.p, "ana.b");
    struct actor as_dotted = actor_user(dotted);
    int64_t secret = place_room(&w, &w.as_mira, "secret", true);
    CALL_AS(&w, mira, "room.invite", "{\"room\":\"%lld\",\"user\":\"ana\"}", (long long)secret);
    place_send(&w, &w.as_mira, 1, "@ana.b and @ana.");
    place_send(&w, &w.as_mira, secret, "@ana.b @ben"); /* neither ana.b nor ben is in it: ana */
    struct answer_got *got = CALL_AS(&w, ana, "room.list", "{}");
    CHECK_INT(got_int(got, "rooms.0.mentions"), 1);
    CHECK_INT(got_int(got, "rooms.1.mentions"), 1);
    got = product_call(w.p, &as_dotted, "room.list", "{}");
    CHECK_INT(got_int(got, "rooms.0.mentions"), 1);
    got = CALL_AS(&w, ben, "room.list", "{}");
    CHECK_INT(got_int(got, "rooms.0.mentions"), 0);
    place_free(&w);
}

/* 40 names of sixteen parts are 640 looks at the database in the writer's job: most of them are left out. */
static void a_text_of_names_does_not_hold_the_writer_up(void)
{
    struct place w = place_new();
    char text[2048] = "@ben ";
    for (int i = 0; i < 40; i++)
        (void)snprintf(text + strlen(text), sizeof text - strlen(text),
                       "@a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a ");
    (void)snprintf(text + strlen(text), sizeof text - strlen(text), "@ana");
    place_send(&w, &w.as_mira, 1, text);
    CHECK_INT(got_int(CALL_AS(&w, ben, "room.list", "{}"), "rooms.0.mentions"), 1);
    CHECK_INT(got_int(CALL_AS(&w, ana, "room.list", "{}"), "rooms.0.mentions"), 0);
    place_send(&w, &w.as_mira, 1, "@ana...... @ana--- @ana.b.c.d.e.f");
    CHECK_INT(got_int(CALL_AS(&w, ana, "room.list", "{}"), "rooms.0.mentions"), 1);
    place_free(&w);
}

/* Every allocation of the call's own thread fails once: one answer, no change, and the next call works. */
static void a_call_without_memory_is_answered_and_changes_nothing(void)
{
    static const char *const calls[][2] = {
        {"message.send", "{\"room\":\"1\",\"text\":\"x\",\"key\":\"once\"}"},
        {"message.list", "{\"room\":\"1\"}"},
        {"message.search", "{\"query\":\"x y\"}"},
        {"message.search",
         "{\"query\":\"x from:me in:general -y \\\"a b\\\" zzz* on:x\",\"order\":\"rank\"}"},
        {"room.create", "{\"name\":\"x\"}"},
        {"room.list", "{}"},
        {"read.mark", "{\"room\":\"1\",\"offset\":1}"},
        {"typing.start", "{\"room\":\"1\"}"},
        {"session.login", "{\"name\":\"mira\",\"password\":\"x\"}"},
        {"invite.create", "{}"},
        {"user.me", "{}"},
    };
    struct place w = place_new();
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++)
        for (unsigned n = 2;; n++) { /* the first is the test's own future */
            must(n < 100);
            fault_at(n);
            struct answer_got *got =
                product_call_text(w.p, &w.as_root, calls[i][0], text_of(calls[i][1]));
            if (!fault_end())
                break;
            CHECK_INT(got->code, 100);
        }
    CHECK_INT(pub_of(PUB_STREAM, "", "message_created"), 1);
    place_free(&w);
}

UNIT("chat/message", CASE(a_send_is_answered_published_and_told_to_observers),
     CASE(the_same_key_gives_the_first_result_whatever_the_rest_says),
     CASE(a_reply_is_to_a_message_of_the_same_room),
     CASE(a_text_has_at_most_16000_characters_and_48000_bytes_as_json),
     CASE(bad_input_names_its_field), CASE(pages_go_before_after_and_around),
     CASE(a_page_ends_at_512_kib_and_says_that_there_is_more),
     CASE(unread_and_mentions_count_after_the_mark_and_not_own_messages),
     CASE(a_mention_goes_from_word_start_to_word_end),
     CASE(a_mention_is_of_a_member_by_the_longest_name),
     CASE(a_text_of_names_does_not_hold_the_writer_up),
     CASE(a_call_without_memory_is_answered_and_changes_nothing))
