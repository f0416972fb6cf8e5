/* A message that is edited has its new text in all that had the old one, and the old one is in the end nowhere. */
#include "chat_find.h"
#include "chat_place.h"
#include "unit.h"

#include <sys/stat.h>

#define HOUR_MS 3600000

static struct answer_got *edit_as(struct place *w, const struct actor *who, int64_t room,
                                  int64_t id, const char *text)
{
    return product_call(w->p, who, "message.edit",
                        "{\"room\":\"%lld\",\"id\":\"%lld\",\"text\":\"%s\"}", (long long)room,
                        (long long)id, text);
}

/* How many events of the place have these words. */
static int events_with(struct place *w, const char *words)
{
    char sql[160];
    (void)snprintf(sql, sizeof sql, "SELECT count(*) FROM stream WHERE data LIKE '%%%s%%'", words);
    return (int)strtol(place_look(w, sql), NULL, 10);
}

static int mentions_of(struct place *w, const struct actor *who)
{
    return (int)got_int(product_call(w->p, who, "room.list", "{}"), "rooms.0.mentions");
}

static void read_all(struct place *w, const struct actor *who)
{
    CHECK_INT(product_call(w->p, who, "read.mark", "{\"room\":\"1\",\"offset\":1000}")->err,
              ERR_OK);
}

static int observed;

static void observe(void *ctx, const struct chat_message_event *event)
{
    (void)ctx;
    (void)event;
    observed++;
}

static void its_new_text_is_in_all_that_had_the_old_one(void)
{
    struct place w = place_new();
    chat_observe(w.chat, observe, NULL);
    int64_t id = place_send(&w, &w.as_ana, 1, "a herring");
    place_send(&w, &w.as_ben, 1, "behind it");
    observed = 0;
    product_advance(w.p, 1000);
    pub_clear();
    struct answer_got *got = edit_as(&w, &w.as_ana, 1, id, " a \\\"carp\\\"\\r\\n. ");
    CHECK_INT(got->err, ERR_OK);
    CHECK_INT(got_int(got, "id"), id);
    CHECK_INT(got_int(got, "offset"), 5); /* after four who joined */
    CHECK_INT(got_int(got, "edited"), w.p->clock.wall_ms);
    CHECK_INT(pub_of(PUB_STREAM, "", ""), 1);
    CHECK_INT(observed, 0); /* no agent is asked a second time */
    struct heard event = pub_last(PUB_STREAM, "room:1", "message_edited");
    CHECK_INT(event.offset, 7);
    CHECK_INT(event.time_ms, w.p->clock.wall_ms);
    CHECK_TEXT(json_look(event.data, "message.text"), "a \"carp\"\n.");
    CHECK_TEXT(json_look(event.data, "message.offset"), "5");
    CHECK_TEXT(json_look(event.data, "message.author.name"), "ana");

    got = CALL_AS(&w, mira, "message.list", "{\"room\":\"1\"}");
    CHECK_INT(got_count(got, "messages"), 2);
    CHECK_INT(got_int(got, "messages.0.edited"), w.p->clock.wall_ms);
    CHECK_INT(got_int(got, "messages.0.time"), w.p->clock.wall_ms - 1000);
    CHECK_TEXT(got_text(got, "messages.1.edited"), "(absent)");
    /* the list, the event and the event that once told of it say the same */
    CU_ASSERT_TRUE(text_is(json_at(text_of(got->json), "messages.0"),
                           json_at(text_of(event.data), "message")));
    CHECK_TEXT(place_look(&w, "SELECT count(DISTINCT json_extract(data, '$.message')) FROM stream "
                              "WHERE offset IN (5, 7)"),
               "1");
    CHECK_TEXT(place_look(&w, "SELECT json_extract(data, '$.type') FROM stream WHERE offset = 5"),
               "message_created");
    CHECK_INT(events_with(&w, "herring"), 0);
    CHECK_TEXT(place_look(&w, "SELECT max(offset) - count(*) FROM stream WHERE room_id = 1"), "0");
    place_free(&w);
}

static void of_many_edits_only_the_last_one_has_a_text(void)
{
    struct place w = place_new();
    int64_t id = place_send(&w, &w.as_ana, 1, "word0");
    CHECK_INT(edit_as(&w, &w.as_ana, 1, id, "word1")->err, ERR_OK);
    CHECK_INT(edit_as(&w, &w.as_ana, 1, id, "word2")->err, ERR_OK);
    CHECK_INT(edit_as(&w, &w.as_ana, 1, id, "word3")->err, ERR_OK);
    CHECK_INT(events_with(&w, "word3"), 2);
    CHECK_INT(events_with(&w, "word"), 2);
    CHECK_TEXT(place_look(&w, "SELECT group_concat(offset) FROM stream WHERE data LIKE "
                              "'%edit_replaced%'"),
               "6,7");
    CHECK_TEXT(
        place_look(&w, "SELECT json_extract(data, '$.message') FROM stream WHERE offset = 6"),
        "{\"id\":\"1\",\"room\":\"1\",\"offset\":5}");
    CHECK_INT(product_call(w.p, &w.as_ana, "message.delete", "{\"room\":\"1\",\"id\":\"%lld\"}",
                           (long long)id)
                  ->err,
              ERR_OK);
    CHECK_INT(events_with(&w, "word"), 0); /* a deletion takes the last one too */
    struct answer_got *got = CALL_AS(&w, mira, "message.list", "{\"room\":\"1\"}");
    CHECK_TEXT(got_text(got, "messages.0.deleted"), "author");
    CHECK_TEXT(got_text(got, "messages.0.edited"), "(absent)");
    place_free(&w);
}

static void the_same_text_again_changes_nothing(void)
{
    struct place w = place_new();
    int64_t id = place_send(&w, &w.as_ana, 1, "as it was");
    pub_clear();
    struct answer_got *got = edit_as(&w, &w.as_ana, 1, id, "as it was ");
    CHECK_INT(got->err, ERR_OK);
    CHECK_INT(got_int(got, "edited"), 0);
    got = edit_as(&w, &w.as_ana, 1, id, "as it is");
    int64_t edited = got_int(got, "edited");
    CHECK_INT(edited, w.p->clock.wall_ms);
    product_advance(w.p, 5000);
    got = edit_as(&w, &w.as_ana, 1, id, "as it is"); /* as after a lost answer */
    CHECK_INT(got->err, ERR_OK);
    CHECK_INT(got_int(got, "edited"), edited);
    CHECK_INT(got_int(got, "offset"), 5);
    CHECK_INT(pub_of(PUB_STREAM, "", ""), 1);
    CHECK_TEXT(place_look(&w, "SELECT top FROM room WHERE id = 1"), "6");
    place_free(&w);
}

static void the_search_finds_the_new_words_and_no_old_ones(void)
{
    struct place w = place_new();
    int64_t id = place_send(&w, &w.as_ana, 1, "herring");
    int64_t other = place_send(&w, &w.as_ana, 1, "herring too");
    index_all(&w);
    CHECK_INT(edit_as(&w, &w.as_ana, 1, id, "carp https://x.example/")->err, ERR_OK);
    CHECK_INT(place_found(&w, "herring"), 1);
    CHECK_INT(place_found(&w, "carp"), 1);
    CHECK_INT(place_found(&w, "has:link carp"), 1); /* the facts go with the words */
    struct answer_got *got = CALL_AS(&w, mira, "message.search", "{\"query\":\"carp\"}");
    CHECK_INT(got_int(got, "messages.0.edited"), w.p->clock.wall_ms);
    check_index(&w);
    /* above the index: looked at as it is, and indexed later once */
    int64_t above = place_send(&w, &w.as_ana, 1, "trout");
    CHECK_INT(edit_as(&w, &w.as_ana, 1, above, "perch")->err, ERR_OK);
    CHECK_INT(place_found(&w, "trout"), 0);
    CHECK_INT(place_found(&w, "perch"), 1);
    check_index(&w);
    index_all(&w);
    CHECK_INT(place_found(&w, "perch"), 1);
    CHECK_INT(edit_as(&w, &w.as_ana, 1, other, "roach")->err, ERR_OK);
    CHECK_INT(place_found(&w, "herring"), 0);
    check_index(&w);
    place_free(&w);
}

static void who_is_named_first_is_told_and_who_is_not_any_more_is_not_counted(void)
{
    struct place w = place_new();
    int64_t id = place_send(&w, &w.as_ana, 1, "for @ben");
    place_send(&w, &w.as_ben, 1, "last");
    read_all(&w, &w.as_mira);
    CHECK_INT(mentions_of(&w, &w.as_ben), 1);
    atomic_store(&users_here, UINT64_C(1) << w.mira);
    place_tick(&w, 300);
    pub_clear();
    CHECK_INT(edit_as(&w, &w.as_ana, 1, id, "for @ben and @mira, @mira")->err, ERR_OK);
    CHECK_INT(mentions_of(&w, &w.as_mira), 1); /* she had read it all, and is told */
    CHECK_INT(mentions_of(&w, &w.as_ben), 1);  /* once, as before */
    place_tick(&w, 300);
    struct heard told = pub_last(PUB_USER, "", "unread");
    CHECK_TEXT(json_look(told.data, "mentions"), "1");
    CHECK_TEXT(json_look(told.data, "unread"), "0"); /* no message is new */
    read_all(&w, &w.as_mira);
    CHECK_INT(edit_as(&w, &w.as_ana, 1, id, "for @mira and @ben!")->err, ERR_OK);
    CHECK_INT(mentions_of(&w, &w.as_mira), 0); /* she knows already */
    CHECK_INT(edit_as(&w, &w.as_ana, 1, id, "for @mira, and myself, @ana")->err, ERR_OK);
    CHECK_INT(mentions_of(&w, &w.as_ben), 0);
    CHECK_INT(mentions_of(&w, &w.as_ana), 0);
    CHECK_TEXT(place_look(&w, "SELECT count(*) FROM mention"), "1");
    CHECK_INT(edit_as(&w, &w.as_ana, 1, id, "for nobody")->err, ERR_OK);
    CHECK_TEXT(place_look(&w, "SELECT count(*) FROM mention"), "0");
    CHECK_INT(edit_as(&w, &w.as_ana, 1, id, "for @ben again")->err, ERR_OK);
    CHECK_INT(product_call(w.p, &w.as_ana, "message.delete", "{\"room\":\"1\",\"id\":\"%lld\"}",
                           (long long)id)
                  ->err,
              ERR_OK);
    CHECK_TEXT(place_look(&w, "SELECT count(*) FROM mention"),
               "0"); /* one that an edit made goes too */
    place_free(&w);
}

static void what_is_unread_stays_so(void)
{
    struct place w = place_new();
    int64_t id = place_send(&w, &w.as_ana, 1, "one");
    place_send(&w, &w.as_ana, 1, "two");
    int64_t unread = got_int(CALL_AS(&w, mira, "room.list", "{}"), "rooms.0.unread");
    CHECK_INT(edit_as(&w, &w.as_ana, 1, id, "uno")->err, ERR_OK);
    CHECK_INT(got_int(CALL_AS(&w, mira, "room.list", "{}"), "rooms.0.unread"), unread);
    CHECK_TEXT(place_look(&w, "SELECT last_ms = (SELECT max(created_ms) FROM message) FROM room "
                              "WHERE id = 1"),
               "1");
    struct answer_got *got =
        CALL_AS(&w, ana, "message.send", "{\"room\":\"1\",\"text\":\"three\",\"key\":\"kk\"}");
    int64_t three = got_int(got, "id"), time = got_int(got, "time");
    product_advance(w.p, 5000);
    CHECK_INT(edit_as(&w, &w.as_ana, 1, three, "tre")->err, ERR_OK);
    got = CALL_AS(&w, ana, "message.send", "{\"room\":\"1\",\"text\":\"three\",\"key\":\"kk\"}");
    CHECK_INT(got_int(got, "id"), three); /* a send that comes again has its first result */
    CHECK_INT(got_int(got, "time"), time);
    CHECK_INT(events_with(&w, "three"), 0);
    place_free(&w);
}

static void only_who_wrote_it_may_and_only_while_a_member(void)
{
    struct place w = place_new();
    int64_t room = place_room(&w, &w.as_mira, "hers", false);
    CHECK_INT(CALL_AS(&w, ana, "room.join", "{\"room\":\"%lld\"}", (long long)room)->err, ERR_OK);
    CHECK_INT(CALL_AS(&w, root, "room.join", "{\"room\":\"%lld\"}", (long long)room)->err, ERR_OK);
    int64_t id = place_send(&w, &w.as_ana, room, "of ana"), elsewhere;
    elsewhere = place_send(&w, &w.as_ana, 1, "in general");
    CHECK_INT(test_sql(w.p->store, "INSERT INTO message (room_id, offset, author_id, text, "
                                   "created_ms, key, run_id) SELECT room_id, offset, author_id, "
                                   "text, 1, 'x', 'RUN' FROM message WHERE id = 1"),
              ERR_OK);
    pub_clear();
    const struct {
        const struct actor *who;
        int64_t room, id;
        enum err err;
        const char *field;
    } rows[] = {
        {&w.as_mira, room, id, ERR_DENIED, "id"},          /* the owner */
        {&w.as_root, room, id, ERR_DENIED, "id"},          /* an admin */
        {&w.as_ben, room, id, ERR_DENIED, ""},             /* is not in */
        {&w.as_ana, 999, id, ERR_DENIED, ""},              /* no such room */
        {&w.as_ana, room, elsewhere, ERR_NOT_FOUND, "id"}, /* of another room */
        {&w.as_ana, room, 999, ERR_NOT_FOUND, "id"},       /* no such message */
        {&w.as_ana, room, id + 2, ERR_DENIED, "id"},       /* an agent's answer */
        {&w.as_nobody, room, id, ERR_UNAUTHORIZED, ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct answer_got *got = edit_as(&w, rows[i].who, rows[i].room, rows[i].id, "other");
        CHECK_INT(got->err, rows[i].err);
        CHECK_TEXT(got->field, rows[i].field);
    }
    CHECK_INT(CALL_AS(&w, ana, "room.leave", "{\"room\":\"%lld\"}", (long long)room)->err, ERR_OK);
    CHECK_INT(edit_as(&w, &w.as_ana, room, id, "other")->err, ERR_DENIED);
    CHECK_TEXT(place_look(&w, "SELECT count(*) FROM message WHERE text = 'other'"), "0");
    CHECK_INT(pub_of(PUB_STREAM, "", "message_edited"), 0);
    place_free(&w);
}

static void what_was_deleted_stays_so(void)
{
    struct place w = place_new();
    int64_t id = place_send(&w, &w.as_ana, 1, "away");
    CHECK_INT(product_call(w.p, &w.as_ana, "message.delete", "{\"room\":\"1\",\"id\":\"%lld\"}",
                           (long long)id)
                  ->err,
              ERR_OK);
    struct answer_got *got = edit_as(&w, &w.as_ana, 1, id, "back");
    CHECK_INT(got->err, ERR_CONFLICT);
    CHECK_TEXT(got->field, "id");
    CHECK_INT(events_with(&w, "back"), 0);
    place_free(&w);
}

static void each_parameter_that_is_wrong_is_named(void)
{
    static const struct {
        const char *params, *field;
    } rows[] = {
        {"{\"id\":\"1\",\"text\":\"x\"}", "room"},
        {"{\"room\":\"r\",\"id\":\"1\",\"text\":\"x\"}", "room"},
        {"{\"room\":\"1\",\"text\":\"x\"}", "id"},
        {"{\"room\":\"1\",\"id\":\"-1\",\"text\":\"x\"}", "id"},
        {"{\"room\":\"1\",\"id\":null,\"text\":\"x\"}", "id"},
        {"{\"room\":\"1\",\"id\":\"1\"}", "text"},
        {"{\"room\":\"1\",\"id\":\"1\",\"text\":\"  \\n\"}", "text"},
        {"{\"room\":\"1\",\"id\":\"1\",\"text\":7}", "text"},
        {"{\"room\":\"1\",\"id\":\"1\",\"text\":\"a\\u0000b\"}", "text"},
        {"{\"room\":\"1\",\"id\":\"1\",\"text\":\"x\",\"text\":\"y\"}", "text"},
    };
    struct place w = place_new();
    CHECK_INT(place_send(&w, &w.as_ana, 1, "as it was"), 1);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct answer_got *got =
            product_call_text(w.p, &w.as_ana, "message.edit", text_of(rows[i].params));
        CHECK_INT(got->code, 107);
        CHECK_TEXT(got->field, rows[i].field);
    }
    CHECK_TEXT(place_look(&w, "SELECT text FROM message"), "as it was");
    place_free(&w);
}

/* Edits to `n` times `unit` as raw JSON; the code. */
static int edit_repeated(struct place *w, const char *unit, size_t n)
{
    struct buf b;
    buf_init(&b, (size_t)256 * 1024);
    buf_add_text(&b, TEXT("{\"room\":\"1\",\"id\":\"1\",\"text\":\""));
    for (size_t i = 0; i < n; i++)
        buf_add_text(&b, text_of(unit));
    buf_add_text(&b, TEXT("\"}"));
    struct answer_got *got = product_call_text(w->p, &w->as_ana, "message.edit", buf_text(&b));
    buf_fini(&b);
    if (got->code == 107)
        CHECK_TEXT(got->field, "text");
    return got->code;
}

/* 16,000 characters, and 48,000 bytes as JSON: a quote is two, a sign of four bytes four. */
static void a_text_has_the_bounds_of_a_new_message(void)
{
    struct place w = place_new();
    CHECK_INT(place_send(&w, &w.as_ana, 1, "short"), 1);
    CHECK_INT(edit_repeated(&w, "x", 16001), 107);
    CHECK_INT(edit_repeated(&w, "\xf0\x9f\x8c\xb2", 12001), 107);
    CHECK_TEXT(place_look(&w, "SELECT text FROM message"), "short");
    CHECK_INT(edit_repeated(&w, "\xf0\x9f\x8c\xb2", 12000), 0);
    CHECK_INT(edit_repeated(&w, "x", 16000), 0);
    CHECK_TEXT(place_look(&w, "SELECT length(text) FROM message"), "16000");
    place_free(&w);
}

/* The run that a message asked for keeps no old text, unless it still needs it. */
static void what_an_ended_run_was_asked_is_forgotten(void)
{
    struct place w = place_new();
    int64_t id = place_send(&w, &w.as_ana, 1, "ask");
    CHECK_INT(test_sql(w.p->store, "INSERT INTO run (id, room_id, agent_id, started_by, text, "
                                   "reply_to, state, created_ms, ended_ms) VALUES "
                                   "('AAAAAAAAAAAAAAAAAAAAAAAAAA', 1, 1, 1, 'ask', 1, 'completed', "
                                   "1, 2), ('BBBBBBBBBBBBBBBBBBBBBBBBBB', 1, 1, 1, 'ask', 1, "
                                   "'running', 1, 0)"),
              ERR_OK);
    CHECK_INT(edit_as(&w, &w.as_ana, 1, id, "asked")->err, ERR_OK);
    CHECK_TEXT(place_look(&w, "SELECT group_concat(id || ':' || text) FROM run WHERE text <> ''"),
               "BBBBBBBBBBBBBBBBBBBBBBBBBB:ask");
    place_free(&w);
}

/* True if the closed database has these bytes anywhere. */
static bool file_has(const char *path, const char *bytes)
{
    struct stat s;
    FILE *f = fopen(path, "re");
    must(f && fstat(fileno(f), &s) == 0);
    char *all = malloc((size_t)s.st_size);
    must(all && fread(all, 1, (size_t)s.st_size, f) == (size_t)s.st_size);
    bool has = memmem(all, (size_t)s.st_size, bytes, strlen(bytes)) != NULL;
    free(all);
    (void)fclose(f);
    return has;
}

static void in_the_end_the_file_has_the_old_text_no_more(void)
{
    struct place w = place_new();
    char path[sizeof w.p->folder.path];
    memcpy(path, w.p->folder.path, sizeof path);
    for (int i = 0; i < 50; i++)
        place_send(&w, &w.as_ana, 1, "words of all days");
    int64_t id = place_send(&w, &w.as_ana, 1, "qzxjkvbw");
    for (int i = 0; i < 50; i++)
        place_send(&w, &w.as_ana, 1, "words of all days");
    index_all(&w);
    CHECK_INT(edit_as(&w, &w.as_ana, 1, id, "wvbkjxzq")->err, ERR_OK);
    CHECK_INT(edit_as(&w, &w.as_ana, 1, id, "zzyyxxww")->err, ERR_OK);
    place_tick(&w, HOUR_MS / 2);
    place_reopen(&w); /* what is due outlasts a restart */
    for (int i = 0; i < 40; i++)
        place_tick(&w, HOUR_MS / 20);
    CHECK_INT(place_found(&w, "zzyyxxww"), 1);
    place_close(&w);
    CU_ASSERT_FALSE(file_has(path, "qzxjkvbw"));
    CU_ASSERT_FALSE(file_has(path, "wvbkjxzq"));
    CU_ASSERT_TRUE(file_has(path, "zzyyxxww"));
    product_open(w.p);
    place_open_chat(&w);
    place_free(&w);
}

UNIT("chat/edit", CASE(its_new_text_is_in_all_that_had_the_old_one),
     CASE(of_many_edits_only_the_last_one_has_a_text), CASE(the_same_text_again_changes_nothing),
     CASE(the_search_finds_the_new_words_and_no_old_ones),
     CASE(who_is_named_first_is_told_and_who_is_not_any_more_is_not_counted),
     CASE(what_is_unread_stays_so), CASE(only_who_wrote_it_may_and_only_while_a_member),
     CASE(what_was_deleted_stays_so), CASE(each_parameter_that_is_wrong_is_named),
     CASE(a_text_has_the_bounds_of_a_new_message), CASE(what_an_ended_run_was_asked_is_forgotten),
     CASE(in_the_end_the_file_has_the_old_text_no_more))
