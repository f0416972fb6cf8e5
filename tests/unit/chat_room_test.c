/* Rooms and who is in them: making, finding, joining, inviting, leaving, changing, and what the others are told. */
#include "chat_place.h"
#include "unit.h"

static void everybody_is_in_general_from_the_start(void)
{
    struct place w = place_new();
    CHECK_INT(pub_of(PUB_STREAM, "room:1", "member_joined"), 4);
    struct heard last = pub_last(PUB_STREAM, "room:1", "member_joined");
    CHECK_TEXT(json_look(last.data, "user.name"), "ben");
    CHECK_TEXT(json_look(last.data, "by.name"), "ben");
    CHECK_INT(last.offset, 4);
    struct answer_got *got = CALL_AS(&w, ben, "room.list", "{}");
    CHECK_INT(got_count(got, "rooms"), 1);
    CHECK_TEXT(got_text(got, "rooms.0.id"), "1");
    CHECK_TEXT(got_text(got, "rooms.0.name"), "general");
    CHECK_TEXT(got_text(got, "rooms.0.joined"), "true");
    CHECK_TEXT(got_text(got, "rooms.0.private"), "false");
    CHECK_INT(got_int(got, "rooms.0.members"), 5); /* and Nook */
    CHECK_INT(got_int(got, "rooms.0.offset"), 4);
    CHECK_INT(got_int(got, "rooms.0.read"), 4);
    CHECK_INT(got_int(got, "rooms.0.unread"), 0);
    CHECK_INT(strlen(got_text(got, "rooms.0.epoch")), 16);
    place_free(&w);
}

static void a_new_room_has_its_owner_and_the_agent(void)
{
    struct place w = place_new();
    struct answer_got *got =
        CALL_AS(&w, mira, "room.create", "{\"name\":\"  releases \",\"topic\":\"What goes out\"}");
    CHECK_INT(got->err, ERR_OK);
    int64_t room = got_int(got, "id");
    CHECK_INT(got_int(got, "room.id"), room);
    CHECK_TEXT(got_text(got, "room.name"), "releases");
    CHECK_TEXT(got_text(got, "room.topic"), "What goes out");
    CHECK_INT(got_int(got, "room.members"), 2);
    CHECK_INT(got_int(got, "room.offset"), 0);
    char channel[32];
    (void)snprintf(channel, sizeof channel, "user:%lld", (long long)w.mira);
    CHECK_INT(pub_of(PUB_USER, channel, "room_added"), 1);
    got = CALL_AS(&w, mira, "room.members", "{\"room\":\"%lld\"}", (long long)room);
    CHECK_INT(got_count(got, "members"), 2);
    CHECK_TEXT(got_text(got, "members.0.user.name"), "nook");
    CHECK_TEXT(got_text(got, "members.0.role"), "member");
    CHECK_TEXT(got_text(got, "members.0.here"), "true"); /* an agent always */
    CHECK_TEXT(got_text(got, "members.1.user.name"), "mira");
    CHECK_TEXT(got_text(got, "members.1.role"), "owner");
    CHECK_TEXT(got_text(got, "members.1.here"), "false");
    CHECK_INT(got_int(got, "members.1.seen"), 0);
    atomic_store(&users_here, UINT64_C(1) << w.mira);
    got = CALL_AS(&w, mira, "room.members", "{\"room\":\"%lld\"}", (long long)room);
    CHECK_TEXT(got_text(got, "members.1.here"), "true");
    place_free(&w);
}

static void open_rooms_are_found_and_joined_once(void)
{
    struct place w = place_new();
    int64_t open = place_room(&w, &w.as_mira, "open", false);
    (void)place_room(&w, &w.as_mira, "secret", true);
    struct answer_got *got = CALL_AS(&w, ana, "room.list", "{}");
    CHECK_INT(got_count(got, "rooms"), 1);
    got = CALL_AS(&w, ana, "room.list", "{\"joinable\":true}");
    CHECK_INT(got_count(got, "rooms"), 2); /* general and open, not the private one */
    CHECK_TEXT(got_text(got, "rooms.1.name"), "open");
    CHECK_TEXT(got_text(got, "rooms.1.joined"), "false");
    CHECK_INT(got_int(got, "rooms.1.unread"), 0);

    place_send(&w, &w.as_mira, open, "before");
    pub_clear();
    char room[32], user[32];
    (void)snprintf(room, sizeof room, "room:%lld", (long long)open);
    (void)snprintf(user, sizeof user, "user:%lld", (long long)w.ana);
    got = CALL_AS(&w, ana, "room.join", "{\"room\":\"%lld\"}", (long long)open);
    CHECK_INT(got->err, ERR_OK);
    CHECK_TEXT(got_text(got, "room.joined"), "true");
    CHECK_INT(got_int(got, "room.unread"), 0); /* what was said before is not unread */
    CHECK_INT(pub_of(PUB_STREAM, room, "member_joined"), 1);
    CHECK_TEXT(json_look(pub_last(PUB_USER, user, "room_added").data, "room.name"), "open");
    got = CALL_AS(&w, ana, "room.join", "{\"room\":\"%lld\"}", (long long)open);
    CHECK_INT(got->err, ERR_OK); /* twice: no change */
    CHECK_INT(pub_of(PUB_STREAM, room, "member_joined"), 1);
    CHECK_INT(pub_of(PUB_USER, user, "room_added"), 1);
    place_free(&w);
}

static void leaving_ends_the_subscription_and_is_told(void)
{
    struct place w = place_new();
    int64_t open = place_room(&w, &w.as_mira, "open", false);
    CALL_AS(&w, ana, "room.join", "{\"room\":\"%lld\"}", (long long)open);
    pub_clear();
    struct answer_got *got = CALL_AS(&w, ana, "room.leave", "{\"room\":\"%lld\"}", (long long)open);
    CHECK_INT(got->err, ERR_OK);
    CHECK_TEXT(got->json, "{}");
    struct heard ended = pub_last(PUB_UNSUBSCRIBE, "", "");
    CHECK_INT(ended.user_id, w.ana);
    CHECK_INT(ended.code, 2000);
    CHECK_INT(pub_of(PUB_STREAM, "", "member_left"), 1);
    CHECK_INT(strtoll(json_look(pub_last(PUB_USER, "", "room_removed").data, "id"), NULL, 10),
              open);
    CHECK_INT(CALL_AS(&w, ana, "message.list", "{\"room\":\"%lld\"}", (long long)open)->code, 103);
    CHECK_INT(CALL_AS(&w, ana, "room.leave", "{\"room\":\"%lld\"}", (long long)open)->err, ERR_OK);
    CHECK_INT(pub_of(PUB_STREAM, "", "member_left"), 1); /* twice: no change */
    CHECK_INT(CALL_AS(&w, ana, "room.leave", "{\"room\":\"999\"}")->err, ERR_OK);
    place_free(&w);
}

static void a_room_without_owner_gets_the_oldest_member(void)
{
    struct place w = place_new();
    int64_t open = place_room(&w, &w.as_mira, "open", false);
    product_advance(w.p, 10);
    CALL_AS(&w, ben, "room.join", "{\"room\":\"%lld\"}", (long long)open);
    product_advance(w.p, 10);
    CALL_AS(&w, ana, "room.join", "{\"room\":\"%lld\"}", (long long)open);
    CALL_AS(&w, mira, "room.leave", "{\"room\":\"%lld\"}", (long long)open);
    CHECK_INT(
        CALL_AS(&w, ben, "room.update", "{\"room\":\"%lld\",\"topic\":\"x\"}", (long long)open)
            ->err,
        ERR_OK);
    CHECK_INT(
        CALL_AS(&w, ana, "room.update", "{\"room\":\"%lld\",\"topic\":\"x\"}", (long long)open)
            ->code,
        103);
    place_free(&w);
}

static void an_invitation_is_a_membership_at_once(void)
{
    struct place w = place_new();
    int64_t secret = place_room(&w, &w.as_mira, "secret", true);
    CHECK_INT(CALL_AS(&w, ana, "room.join", "{\"room\":\"%lld\"}", (long long)secret)->code, 103);
    struct answer_got *got =
        CALL_AS(&w, mira, "room.invite", "{\"room\":\"%lld\",\"user\":\"ana\"}", (long long)secret);
    CHECK_INT(got->err, ERR_OK);
    struct heard joined = pub_last(PUB_STREAM, "", "member_joined");
    CHECK_TEXT(json_look(joined.data, "user.name"), "ana");
    CHECK_TEXT(json_look(joined.data, "by.name"), "mira");
    CHECK_TEXT(json_look(pub_last(PUB_USER, "", "room_added").data, "room.name"), "secret");
    CHECK_INT(CALL_AS(&w, ana, "message.list", "{\"room\":\"%lld\"}", (long long)secret)->err,
              ERR_OK);
    int events = pub_of(PUB_STREAM, "", "member_joined");
    got = CALL_AS(&w, ana, "room.invite", "{\"room\":\"%lld\",\"user\":\"%lld\"}",
                  (long long)secret, (long long)w.ana);
    CHECK_INT(got->err, ERR_OK); /* twice: no change */
    CHECK_INT(pub_of(PUB_STREAM, "", "member_joined"), events);
    got =
        CALL_AS(&w, ana, "room.invite", "{\"room\":\"%lld\",\"user\":\"carl\"}", (long long)secret);
    CHECK_INT(got->code, 103);
    CHECK_TEXT(got->field, "user");
    place_free(&w);
}

static void a_change_is_told_to_the_room_and_to_its_members(void)
{
    struct place w = place_new();
    int64_t open = place_room(&w, &w.as_mira, "open", false);
    CALL_AS(&w, ana, "room.join", "{\"room\":\"%lld\"}", (long long)open);
    pub_clear();
    struct answer_got *got =
        CALL_AS(&w, mira, "room.update", "{\"room\":\"%lld\",\"name\":\"shut\",\"private\":true}",
                (long long)open);
    CHECK_TEXT(got_text(got, "room.name"), "shut");
    CHECK_TEXT(got_text(got, "room.private"), "true");
    struct heard event = pub_last(PUB_STREAM, "", "room_updated");
    CHECK_TEXT(json_look(event.data, "name"), "shut");
    CHECK_TEXT(json_look(event.data, "topic"), "");
    CHECK_TEXT(json_look(event.data, "private"), "true");
    CHECK_INT(pub_of(PUB_USER, "", "room_changed"), 3); /* Mira, Ana, Nook */
    CHECK_TEXT(json_look(pub_last(PUB_USER, "", "room_changed").data, "room.name"), "shut");
    got = CALL_AS(&w, mira, "room.update", "{\"room\":\"%lld\",\"topic\":\"t\"}", (long long)open);
    CHECK_TEXT(got_text(got, "room.name"), "shut"); /* what is not given stays */
    got = CALL_AS(&w, mira, "room.update", "{\"room\":\"%lld\",\"topic\":\"\"}", (long long)open);
    CHECK_TEXT(got_text(got, "room.topic"), "");
    pub_clear();
    got = CALL_AS(&w, mira, "room.update", "{\"room\":\"%lld\"}", (long long)open);
    CHECK_INT(got->err, ERR_OK);
    CHECK_INT(pub_of(PUB_STREAM, "", ""), 0); /* nothing given: nothing changed */
    place_free(&w);
}

/* Who may do what in a private room of Mira's with Ana in it. Ben and the admin root are not in it. */
static void each_role_has_its_actions(void)
{
    static const struct {
        const char *method, *params; /* %s: the room */
        int nobody, stranger, admin_outside, member, owner;
    } cases[] = {
        {"room.members", "{\"room\":\"%s\"}", 101, 103, 103, 0, 0},
        {"message.list", "{\"room\":\"%s\"}", 101, 103, 103, 0, 0},
        {"message.send", "{\"room\":\"%s\",\"text\":\"x\",\"key\":\"rights\"}", 101, 103, 103, 0,
         0},
        {"message.search", "{\"room\":\"%s\",\"query\":\"x\"}", 101, 103, 103, 0, 0},
        {"read.mark", "{\"room\":\"%s\",\"offset\":0}", 101, 103, 103, 0, 0},
        {"typing.start", "{\"room\":\"%s\"}", 101, 103, 103, 0, 0},
        {"room.update", "{\"room\":\"%s\",\"topic\":\"x\"}", 101, 103, 103, 103, 0},
        {"room.join", "{\"room\":\"%s\"}", 101, 103, 103, 0, 0},
        {"room.invite", "{\"room\":\"%s\",\"user\":\"mira\"}", 101, 103, 103, 0, 0},
    };
    struct place w = place_new();
    int64_t id = place_room(&w, &w.as_mira, "secret", true);
    CALL_AS(&w, mira, "room.invite", "{\"room\":\"%lld\",\"user\":\"ana\"}", (long long)id);
    const struct actor *who[] = {&w.as_nobody, &w.as_ben, &w.as_root, &w.as_ana, &w.as_mira};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const int want[] = {cases[i].nobody, cases[i].stranger, cases[i].admin_outside,
                            cases[i].member, cases[i].owner};
        for (size_t k = 0; k < 5; k++) {
            char params[200], room[24], missing[200];
            (void)snprintf(room, sizeof room, "%lld", (long long)id);
            const char *at = strstr(cases[i].params, "%s");
            (void)snprintf(params, sizeof params, "%.*s%s%s", (int)(at - cases[i].params),
                           cases[i].params, room, at + 2);
            struct answer_got *got =
                product_call_text(w.p, who[k], cases[i].method, text_of(params));
            if (got->code != want[k])
                (void)printf("\n    %s as %zu", cases[i].method, k);
            CHECK_INT(got->code, want[k]);
            /* a room that is not there looks the same as one that one may not see */
            (void)snprintf(missing, sizeof missing, "%.*s999999%s", (int)(at - cases[i].params),
                           cases[i].params, at + 2);
            got = product_call_text(w.p, who[k], cases[i].method, text_of(missing));
            bool repeated = k > 2 && strcmp(cases[i].method, "message.send") == 0;
            CHECK_INT(got->code, k == 0 ? 101 : repeated ? 0 : 103); /* its key was used above */
        }
    }
    place_free(&w);
}

static void an_admin_counts_as_owner_of_rooms_they_are_in(void)
{
    struct place w = place_new();
    CHECK_INT(CALL_AS(&w, root, "room.update", "{\"room\":\"1\",\"topic\":\"hello\"}")->err,
              ERR_OK);
    CHECK_INT(CALL_AS(&w, mira, "room.update", "{\"room\":\"1\",\"topic\":\"hello\"}")->code, 103);
    int64_t secret = place_room(&w, &w.as_mira, "secret", true);
    CHECK_INT(
        CALL_AS(&w, root, "room.update", "{\"room\":\"%lld\",\"topic\":\"x\"}", (long long)secret)
            ->code,
        103);
    place_free(&w);
}

static void bad_input_names_its_field(void)
{
    static const struct {
        const char *method, *params, *field;
    } cases[] = {
        {"room.create", "{}", "name"},
        {"room.create", "{\"name\":\"\"}", "name"},
        {"room.create", "{\"name\":\"a\\nb\"}", "name"},
        {"room.create", "{\"name\":7}", "name"},
        {"room.create", "{\"name\":\"a\",\"private\":\"yes\"}", "private"},
        {"room.create", "{\"name\":\"a\",\"topic\":\"x\\ny\"}", "topic"},
        {"room.update", "{\"topic\":\"x\"}", "room"},
        {"room.update", "{\"room\":\"01\",\"topic\":\"x\"}", "room"},
        {"room.update", "{\"room\":\"1\",\"name\":\"\"}", "name"},
        {"room.join", "{}", "room"},
        {"room.leave", "{\"room\":\"x\"}", "room"},
        {"room.members", "{\"room\":null}", "room"},
        {"room.invite", "{\"room\":\"1\"}", "user"},
        {"room.list", "{\"joinable\":1}", "joinable"},
    };
    struct place w = place_new();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct answer_got *got =
            product_call_text(w.p, &w.as_root, cases[i].method, text_of(cases[i].params));
        CHECK_INT(got->code, 107);
        CHECK_TEXT(got->field, cases[i].field);
    }
    char longer[400] = "{\"name\":\"", *end = longer + strlen(longer);
    memset(end, 'x', 81);
    memcpy(end + 81, "\"}", 3);
    CHECK_INT(product_call_text(w.p, &w.as_root, "room.create", text_of(longer))->code, 107);
    memcpy(end + 80, "\"}", 3);
    CHECK_INT(product_call_text(w.p, &w.as_root, "room.create", text_of(longer))->err, ERR_OK);
    struct answer_got *got = CALL_AS(&w, mira, "room.list", "{}");
    CHECK_INT(got_count(got, "rooms"), 1);
    place_free(&w);
}

/* What fits into a client's queue is answered, not refused: 3,000 people with names of 320 bytes, 1,500 rooms. */
static void long_lists_end_before_they_are_too_long_for_a_client(void)
{
    struct place w = place_new();
    static const char *const sqls[] = {
        "WITH RECURSIVE n(i) AS (SELECT 100 UNION ALL SELECT i + 1 FROM n WHERE i < 3100) "
        "INSERT INTO user (id, name, display, role, created_ms) SELECT i, 'p' || i, "
        "replace(printf('%.80c', 'x'), 'x', char(129489)), 'member', 0 FROM n",
        "INSERT INTO member (room_id, user_id, role, since_ms, read_offset) SELECT 1, id, "
        "'member', 0, 0 FROM user WHERE id >= 100",
        "WITH RECURSIVE n(i) AS (SELECT 100 UNION ALL SELECT i + 1 FROM n WHERE i < 1600) "
        "INSERT INTO room (id, name, topic, private, created_ms, created_by, epoch) "
        "SELECT i, 'r' || i, printf('%.250c', '\"'), 0, 0, 1, 'e' FROM n",
    };
    for (size_t i = 0; i < sizeof sqls / sizeof sqls[0]; i++)
        CHECK_INT(test_sql(w.p->store, sqls[i]), ERR_OK);
    struct answer_got *got = CALL_AS(&w, mira, "room.members", "{\"room\":\"1\"}");
    CHECK_INT(got->err, ERR_OK);
    CHECK_INT(got_count(got, "members") > 1000, true);
    CHECK_INT(strlen(got->json) <= (size_t)512 * 1024, true);
    got = CALL_AS(&w, mira, "room.list", "{\"joinable\":true}");
    CHECK_INT(got->err, ERR_OK);
    CHECK_INT(got_count(got, "rooms") > 500, true);
    CHECK_INT(strlen(got->json) <= (size_t)512 * 1024, true);
    place_free(&w);
}

UNIT("chat/room", CASE(everybody_is_in_general_from_the_start),
     CASE(a_new_room_has_its_owner_and_the_agent), CASE(open_rooms_are_found_and_joined_once),
     CASE(leaving_ends_the_subscription_and_is_told),
     CASE(a_room_without_owner_gets_the_oldest_member), CASE(an_invitation_is_a_membership_at_once),
     CASE(a_change_is_told_to_the_room_and_to_its_members), CASE(each_role_has_its_actions),
     CASE(an_admin_counts_as_owner_of_rooms_they_are_in), CASE(bad_input_names_its_field),
     CASE(long_lists_end_before_they_are_too_long_for_a_client))
