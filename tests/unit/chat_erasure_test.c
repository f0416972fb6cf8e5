/* A person who was erased: nobody at once, and step by step nothing that they left names them. */
#include "accounts/people.h"
#include "chat_find.h"

#define NAME "zora"
#define DISPLAY "Zora Quillfeather"
#define HOUR_MS INT64_C(3600000)

struct world {
    struct place w;
    int64_t zora;
    struct actor as_zora;
};

static struct world world_new(void)
{
    struct world v = {.w = place_new()};
    struct actor local = actor_local();
    struct answer_got *got = product_call(v.w.p, &local, "user.add",
                                          "{\"name\":\"" NAME "\",\"display\":\"" DISPLAY "\"}");
    must(got->err == ERR_OK);
    v.zora = got_int(got, "user.id");
    v.as_zora = actor_user(v.zora);
    return v;
}

static struct answer_got *erase_as(struct world *v, const struct actor *who, int64_t user,
                                   const char *messages)
{
    return product_call(v->w.p, who, "user.erase", "{\"user\":\"%lld\",\"messages\":\"%s\"}",
                        (long long)user, messages);
}

static bool is_open(struct world *v)
{
    return strcmp(place_look(&v->w, "SELECT count(*) FROM erasure WHERE ended_ms = 0"), "0") != 0;
}

/* How many steps it took. */
static int finish(struct world *v)
{
    int steps = 0;
    while (is_open(v) && steps < 1000) {
        place_tick(&v->w, 200);
        steps++;
    }
    CU_ASSERT_FALSE(is_open(v));
    return steps;
}

static const char *count_of(struct world *v, const char *where)
{
    char sql[256];
    (void)snprintf(sql, sizeof sql, "SELECT count(*) FROM %s", where);
    return place_look(&v->w, sql);
}

static int search(struct world *v, const char *query)
{
    struct answer_got *got =
        product_call(v->w.p, &v->w.as_mira, "message.search", "{\"query\":\"%s\"}", query);
    CHECK_INT(got->err, ERR_OK);
    return got_count(got, "messages");
}

/* ---- at once */

static void at_once_they_are_nobody(void)
{
    struct world v = world_new();
    char sql[256];
    (void)snprintf(sql, sizeof sql,
                   "INSERT INTO session (user_id, secret_hash, client, address, stay, created_ms, "
                   "seen_ms, expires_ms) VALUES (%lld, randomblob(32), '', '', 1, 1, 1, 9e12)",
                   (long long)v.zora);
    CHECK_INT(test_sql(v.w.p->store, sql), ERR_OK);
    (void)snprintf(sql, sizeof sql,
                   "INSERT INTO invite (secret_hash, uses, created_by, created_ms, expires_ms) "
                   "VALUES (randomblob(32), 5, %lld, 1, 9e12)",
                   (long long)v.zora);
    CHECK_INT(test_sql(v.w.p->store, sql), ERR_OK);
    int64_t now = v.w.p->clock.wall_ms;

    struct answer_got *got = erase_as(&v, &v.w.as_root, v.zora, "keep");
    CHECK_INT(got->err, ERR_OK);
    CHECK_INT(got_int(got, "user"), v.zora);
    CHECK_TEXT(got_text(got, "messages"), "keep");
    CHECK_INT(got_int(got, "asked"), now);
    CHECK_INT(got_int(got, "ended"), 0);
    CHECK_INT(v.w.p->closed_user, v.zora); /* their sockets: all sessions */
    CHECK_INT(v.w.p->closed_session, 0);
    CHECK_TEXT(count_of(&v, "session"), "0");
    CHECK_TEXT(count_of(&v, "invite"), "0");
    CHECK_TEXT(place_look(&v.w, "SELECT name || '/' || display || '/' || role || '/' || active || "
                                "'/' || password || seen_ms FROM user WHERE name LIKE '-%'"),
               "-6/Erased person/member/0/0");

    /* whatever they had under way does nothing any more */
    static const struct {
        const char *method, *params;
        int code;
    } calls[] = {
        {"message.send", "{\"room\":\"1\",\"text\":\"late\",\"key\":\"late\"}", 103},
        {"room.create", "{\"name\":\"late\"}", 101},
        {"room.join", "{\"room\":\"1\"}", 101},
        {"room.invite", "{\"room\":\"1\",\"user\":\"ben\"}", 103},
        {"read.mark", "{\"room\":\"1\",\"offset\":1}", 103},
        {"typing.start", "{\"room\":\"1\"}", 103},
        {"message.list", "{\"room\":\"1\"}", 103},
        {"user.me", "{}", 101},
    };
    int64_t top = got_int(CALL_AS(&v.w, mira, "room.list", "{}"), "rooms.0.offset");
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++)
        CHECK_INT(
            product_call_text(v.w.p, &v.as_zora, calls[i].method, text_of(calls[i].params))->code,
            calls[i].code);
    struct actor admin = actor_admin(v.zora); /* a door that still takes them for one */
    CHECK_INT(product_call(v.w.p, &admin, "invite.create", "{}")->code, 101);
    CHECK_INT(erase_as(&v, &admin, v.w.ben, "keep")->code, 101);
    CHECK_INT(got_int(CALL_AS(&v.w, mira, "room.list", "{}"), "rooms.0.offset"), top);
    CHECK_TEXT(count_of(&v, "invite"), "0");

    /* the name is free again, for somebody else */
    struct actor local = actor_local();
    got = product_call(v.w.p, &local, "user.add", "{\"name\":\"" NAME "\"}");
    CHECK_INT(got->err, ERR_OK);
    CU_ASSERT_TRUE(got_int(got, "user.id") != v.zora);
    CHECK_INT(finish(&v) > 0, 1);
    place_free(&v.w);
}

/* ---- what they wrote stays */

static void with_keep_the_texts_stay_and_name_nobody(void)
{
    struct world v = world_new();
    int64_t room = place_room(&v.w, &v.as_zora, "hers", false);
    CHECK_INT(CALL_AS(&v.w, mira, "room.join", "{\"room\":\"%lld\"}", (long long)room)->err,
              ERR_OK);
    place_send(&v.w, &v.as_zora, 1, "granite words");
    place_send(&v.w, &v.w.as_mira, 1, "@zora answer");
    int64_t hers = place_send(&v.w, &v.as_zora, room, "granite elsewhere");
    index_all(&v.w);
    place_send(&v.w, &v.as_zora, 1, "granite above the index");
    CHECK_TEXT(count_of(&v, "mention"), "1");
    pub_clear();
    CHECK_INT(erase_as(&v, &v.w.as_root, v.zora, "keep")->err, ERR_OK);
    finish(&v);

    CHECK_INT(pub_of(PUB_STREAM, "room:1", "member_left"), 1);
    CHECK_INT(pub_of(PUB_UNSUBSCRIBE, "room:1", ""), 1);
    struct heard left = pub_last(PUB_STREAM, "room:1", "member_left");
    CHECK_TEXT(json_look(left.data, "user.display"), ERASED_DISPLAY);
    CHECK_TEXT(json_look(left.data, "by.name"), "-6");
    struct heard told = pub_last(PUB_STREAM, "room:1", "user_erased");
    CHECK_INT(strtoll(json_look(told.data, "user.id"), NULL, 10), v.zora);
    CHECK_TEXT(json_look(told.data, "user.display"), ERASED_DISPLAY);
    CHECK_TEXT(json_look(told.data, "messages"), "keep");
    CU_ASSERT_TRUE(told.offset > left.offset);

    struct answer_got *got = CALL_AS(&v.w, mira, "message.list", "{\"room\":\"1\"}");
    CHECK_INT(got_count(got, "messages"), 3);
    CHECK_TEXT(got_text(got, "messages.0.text"), "granite words");
    CHECK_TEXT(got_text(got, "messages.0.author.display"), ERASED_DISPLAY);
    CHECK_TEXT(got_text(got, "messages.1.author.display"), "mira");
    CHECK_INT(search(&v, "granite"), 3);
    CHECK_INT(search(&v, "from:zora granite"), 0);
    CHECK_TEXT(count_of(&v, "mention"), "0");
    CHECK_TEXT(count_of(&v, "send_key WHERE author_id = 6"), "0");
    CHECK_TEXT(count_of(&v, "member WHERE user_id = 6"), "0");
    CHECK_TEXT(count_of(&v, "stream WHERE data LIKE '%Quill%' OR data LIKE '%\"zora\"%'"), "0");
    CHECK_TEXT(place_look(&v.w, "SELECT count(*) FROM stream WHERE "
                                "json_extract(data, '$.message.author.name') = '-6'"),
               "3");
    CHECK_TEXT(place_look(&v.w, "SELECT max(offset) - count(*) FROM stream WHERE room_id = 1"),
               "0");
    CHECK_TEXT(place_look(&v.w, "SELECT role FROM member WHERE room_id = 2 AND user_id = 3"),
               "owner"); /* Mira, who was there longest */
    check_index(&v.w);
    CU_ASSERT_TRUE(hers > 0);

    got = CALL_AS(&v.w, mira, "user.list", "{}");
    CHECK_TEXT(got_text(got, "users.5.display"), ERASED_DISPLAY);
    CHECK_TEXT(got_text(got, "users.5.active"), "false");
    CHECK_TEXT(got_text(got, "users.5.erased.messages"), "keep");
    CU_ASSERT_TRUE(got_int(got, "users.5.erased.ended") > 0);
    CHECK_TEXT(got_text(got, "users.4.erased"), "(absent)");
    CHECK_TEXT(place_look(&v.w, "SELECT name || display FROM erasure"), "");
    place_free(&v.w);
}

/* ---- what they wrote goes */

static void with_delete_the_texts_are_gone(void)
{
    struct world v = world_new();
    place_send(&v.w, &v.as_zora, 1, "granite for @mira");
    int64_t own = place_send(&v.w, &v.as_zora, 1, "deleted by herself");
    int64_t answer =
        got_int(CALL_AS(&v.w, mira, "message.send",
                        "{\"room\":\"1\",\"text\":\"basalt\",\"key\":\"r\",\"reply_to\":\"%lld\"}",
                        (long long)own),
                "id");
    CHECK_INT(product_call(v.w.p, &v.as_zora, "message.delete", "{\"room\":\"1\",\"id\":\"%lld\"}",
                           (long long)own)
                  ->err,
              ERR_OK);
    index_all(&v.w);
    place_send(&v.w, &v.as_zora, 1, "granite above the index");
    CHECK_INT(erase_as(&v, &v.w.as_root, v.zora, "delete")->err, ERR_OK);
    finish(&v);
    struct answer_got *got = CALL_AS(&v.w, mira, "message.list", "{\"room\":\"1\"}");
    CHECK_INT(got_count(got, "messages"), 4);
    CHECK_TEXT(got_text(got, "messages.0.text"), "");
    CHECK_TEXT(got_text(got, "messages.0.deleted"), "author");
    CHECK_TEXT(got_text(got, "messages.0.author.display"), ERASED_DISPLAY);
    CHECK_INT(got_int(got, "messages.2.id"), answer);
    CHECK_INT(got_int(got, "messages.2.reply_to"), own);
    CHECK_TEXT(got_text(got, "messages.2.text"), "basalt");
    CHECK_TEXT(got_text(got, "messages.3.text"), "");
    CHECK_INT(search(&v, "granite"), 0);
    CHECK_INT(search(&v, "basalt"), 1);
    CHECK_INT(got_int(CALL_AS(&v.w, mira, "room.list", "{}"), "rooms.0.mentions"), 0);
    CHECK_TEXT(count_of(&v, "stream WHERE data LIKE '%granite%' OR data LIKE '%Quill%'"), "0");
    CHECK_TEXT(json_look(pub_last(PUB_STREAM, "room:1", "user_erased").data, "messages"), "delete");
    check_index(&v.w);
    place_free(&v.w);
}

static void keep_may_become_delete_and_not_the_other_way(void)
{
    struct world v = world_new();
    place_send(&v.w, &v.as_zora, 1, "granite");
    CHECK_INT(erase_as(&v, &v.w.as_root, v.zora, "keep")->err, ERR_OK);
    finish(&v);
    CHECK_INT(search(&v, "granite"), 1);
    CHECK_INT(erase_as(&v, &v.w.as_root, v.zora, "delete")->err, ERR_OK);
    finish(&v);
    CHECK_INT(search(&v, "granite"), 0);
    struct answer_got *got = erase_as(&v, &v.w.as_root, v.zora, "keep");
    CHECK_INT(got->code, 400);
    CHECK_TEXT(got->field, "messages");
    CHECK_TEXT(place_look(&v.w, "SELECT messages FROM erasure"), "delete");
    place_free(&v.w);
}

/* ---- steps */

/* 200 messages of theirs are more than one step, and no tick is waited for between two. */
static void one_step_follows_the_other(void)
{
    struct world v = world_new();
    for (int i = 0; i < 200; i++)
        place_send(&v.w, &v.as_zora, 1, "granite and more");
    CHECK_INT(erase_as(&v, &v.w.as_root, v.zora, "delete")->err, ERR_OK);
    CHECK_INT(finish(&v), 1);
    place_free(&v.w);
}

static void nothing_more(void *data, enum err e)
{
    (void)data;
    (void)e;
}

/* One step alone: the next one finds no place among the jobs that can wait. */
static void one_step(struct world *v)
{
    struct store *store = v->w.p->store;
    struct gate writer;
    gate_close(&writer, writer_submit, store);
    chat_go_on_erasing(v->w.chat);
    while (writer_submit_later(store, (struct job){place_nothing, nothing_more, NULL}) == ERR_OK)
        continue;
    gate_open(&writer);
    test_later_done(store);
    gate_fini(&writer);
}

/* Many messages are more than one step, and after each of them the process ends and another begins. */
static void it_goes_on_after_every_restart(void)
{
    struct world v = world_new();
    for (int i = 0; i < 300; i++)
        place_send(&v.w, i % 3 ? &v.as_zora : &v.w.as_ana, 1, "granite and more");
    index_all(&v.w);
    CHECK_INT(erase_as(&v, &v.w.as_root, v.zora, "delete")->err, ERR_OK);
    int steps = 0, before = -1;
    while (is_open(&v) && steps < 1000) {
        int done = (int)strtol(place_look(&v.w, "SELECT done FROM erasure"), NULL, 10);
        CU_ASSERT_TRUE(done >= before); /* never back */
        before = done;
        place_reopen(&v.w);
        one_step(&v);
        steps++;
    }
    CU_ASSERT_TRUE(steps >= 3);
    CHECK_TEXT(count_of(&v, "message WHERE author_id = 6 AND text <> ''"), "0");
    CHECK_TEXT(count_of(&v, "message WHERE text <> ''"), "100");
    CHECK_TEXT(count_of(&v, "stream WHERE data LIKE '%Quill%'"), "0");
    CHECK_TEXT(place_look(&v.w, "SELECT max(offset) - count(*) FROM stream WHERE room_id = 1"),
               "0");
    CHECK_TEXT(place_look(&v.w, "SELECT done = total FROM erasure"), "1");
    check_index(&v.w);
    place_free(&v.w);
}

static void the_same_call_again_says_how_far_it_is(void)
{
    struct world v = world_new();
    CHECK_INT(erase_as(&v, &v.w.as_root, v.zora, "keep")->err, ERR_OK);
    /* by the name as long as it goes on, by the number always */
    struct answer_got *got =
        CALL_AS(&v.w, root, "user.erase", "{\"user\":\"" NAME "\",\"messages\":\"keep\"}");
    CHECK_INT(got->err, ERR_OK);
    CHECK_INT(got_int(got, "user"), v.zora);
    finish(&v);
    int64_t ended = got_int(erase_as(&v, &v.w.as_root, v.zora, "keep"), "ended");
    CHECK_INT(ended > 0, 1);
    v.w.p->clock.wall_ms += 1000;
    CHECK_INT(got_int(erase_as(&v, &v.w.as_root, v.zora, "keep"), "ended"), ended);
    CHECK_INT(
        CALL_AS(&v.w, root, "user.erase", "{\"user\":\"" NAME "\",\"messages\":\"keep\"}")->code,
        103);
    place_free(&v.w);
}

/* Two of them are done one after the other. */
static void several_wait_for_each_other(void)
{
    struct world v = world_new();
    place_send(&v.w, &v.as_zora, 1, "granite");
    place_send(&v.w, &v.w.as_ben, 1, "basalt");
    CHECK_INT(erase_as(&v, &v.w.as_root, v.zora, "keep")->err, ERR_OK);
    CHECK_INT(erase_as(&v, &v.w.as_root, v.w.ben, "delete")->err, ERR_OK);
    finish(&v);
    CHECK_TEXT(count_of(&v, "stream WHERE data LIKE '%Quill%' OR data LIKE '%\"ben\"%'"), "0");
    CHECK_INT(search(&v, "granite"), 1);
    CHECK_INT(search(&v, "basalt"), 0);
    place_free(&v.w);
}

/* ---- the file */

static void in_the_end_the_file_has_nothing_of_them(void)
{
    static const char *const gone[] = {DISPLAY, "Quillfeather", NAME, "qzxjkvbw"};
    struct world v = world_new();
    char path[sizeof v.w.p->folder.path], wal[sizeof path + 8];
    memcpy(path, v.w.p->folder.path, sizeof path);
    (void)snprintf(wal, sizeof wal, "%s-wal", path);
    for (int i = 0; i < 120; i++) {
        place_send(&v.w, &v.w.as_ana, 1, "words of all days");
        place_send(&v.w, &v.as_zora, 1, "qzxjkvbw and other words");
    }
    index_all(&v.w);
    place_close(&v.w);
    for (size_t i = 0; i < sizeof gone / sizeof gone[0]; i++)
        CU_ASSERT_TRUE(tmpdb_has(path, gone[i]));

    product_open(v.w.p);
    place_open_chat(&v.w);
    CHECK_INT(erase_as(&v, &v.w.as_root, v.zora, "delete")->err, ERR_OK);
    finish(&v);
    for (int i = 0; i < 60; i++) /* the index forgets, an hour after */
        place_tick(&v.w, HOUR_MS / 20);
    CHECK_TEXT(place_look(&v.w, "SELECT value FROM setting WHERE name = 'search_purge'"), "0");
    CHECK_INT(search(&v, "days"), 50);
    place_close(&v.w);
    for (size_t i = 0; i < sizeof gone / sizeof gone[0]; i++)
        CU_ASSERT_FALSE(tmpdb_has(path, gone[i]));
    struct stat st;
    CU_ASSERT_TRUE(stat(wal, &st) != 0 || st.st_size == 0);
    product_open(v.w.p);
    place_open_chat(&v.w);
    place_free(&v.w);
}

/* ---- rights and bad input */

static void bad_input_names_its_field_and_changes_nothing(void)
{
    static const struct {
        const char *params, *field;
        int code;
    } cases[] = {
        {"{\"messages\":\"keep\"}", "user", 107},
        {"{\"user\":7,\"messages\":\"keep\"}", "user", 107},
        {"{\"user\":\"\",\"messages\":\"keep\"}", "user", 107},
        {"{\"user\":\"zora\"}", "messages", 107},
        {"{\"user\":\"zora\",\"messages\":\"\"}", "messages", 107},
        {"{\"user\":\"zora\",\"messages\":\"both\"}", "messages", 107},
        {"{\"user\":\"zora\",\"messages\":true}", "messages", 107},
        {"{\"user\":\"zorah\",\"messages\":\"keep\"}", "user", 103},
        {"{\"user\":\"999\",\"messages\":\"keep\"}", "user", 103},
        {"{\"user\":\"nook\",\"messages\":\"keep\"}", "user", 107},   /* an agent */
        {"{\"user\":\"root\",\"messages\":\"delete\"}", "user", 400}, /* the last admin */
    };
    struct world v = world_new();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct answer_got *got =
            product_call_text(v.w.p, &v.w.as_root, "user.erase", text_of(cases[i].params));
        CHECK_INT(got->code, cases[i].code);
        CHECK_TEXT(got->field, cases[i].field);
    }
    CHECK_INT(erase_as(&v, &v.w.as_nobody, v.zora, "keep")->code, 101);
    CHECK_INT(erase_as(&v, &v.w.as_mira, v.zora, "keep")->code, 103);
    CHECK_INT(erase_as(&v, &v.as_zora, v.zora, "keep")->code, 103); /* herself */
    struct actor late = actor_admin(v.w.mira);                      /* was one a moment ago */
    CHECK_INT(erase_as(&v, &late, v.zora, "keep")->code, 103);
    CHECK_TEXT(count_of(&v, "erasure"), "0");
    CHECK_TEXT(count_of(&v, "user WHERE active = 0"), "0");
    place_free(&v.w);
}

static void an_admin_goes_while_another_stays(void)
{
    struct world v = world_new();
    int64_t two = product_admin(v.w.p, "second");
    struct actor local = actor_local();
    CHECK_INT(erase_as(&v, &v.w.as_root, v.w.root, "keep")->err, ERR_OK); /* themselves */
    struct answer_got *got = erase_as(&v, &local, two, "keep");
    CHECK_INT(got->code, 400);
    CHECK_TEXT(got->field, "user");
    finish(&v);
    place_free(&v.w);
}

UNIT("chat/erasure", CASE(at_once_they_are_nobody), CASE(with_keep_the_texts_stay_and_name_nobody),
     CASE(with_delete_the_texts_are_gone), CASE(keep_may_become_delete_and_not_the_other_way),
     CASE(one_step_follows_the_other), CASE(it_goes_on_after_every_restart),
     CASE(the_same_call_again_says_how_far_it_is), CASE(several_wait_for_each_other),
     CASE(in_the_end_the_file_has_nothing_of_them),
     CASE(bad_input_names_its_field_and_changes_nothing), CASE(an_admin_goes_while_another_stays))
