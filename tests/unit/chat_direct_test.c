/* Conversations of two: one for each two, which each sees under the other's name, and nobody else at all. */
#include "chat_place.h"
#include "unit.h"

static struct answer_got *ask(struct place *w, const struct actor *who, const char *other)
{
    return product_call(w->p, who, "room.direct", "{\"user\":\"%s\"}", other);
}

static void both_see_it_under_the_name_of_the_other(void)
{
    struct place w = place_new();
    pub_clear();
    struct answer_got *got = ask(&w, &w.as_mira, "ben");
    CHECK_INT(got->err, ERR_OK);
    int64_t room = got_int(got, "id");
    CHECK_INT(got_int(got, "room.id"), room);
    CHECK_TEXT(got_text(got, "room.name"), "ben");
    CHECK_TEXT(got_text(got, "room.direct.name"), "ben");
    CHECK_TEXT(got_text(got, "room.private"), "true");
    struct heard own = pub_last(PUB_USER, "user:3", "room_added");
    struct heard other = pub_last(PUB_USER, "user:5", "room_added");
    CHECK_TEXT(json_look(own.data, "room.direct.name"), "ben");
    CHECK_TEXT(json_look(other.data, "room.direct.name"), "mira");
    CHECK_TEXT(json_look(other.data, "room.name"), "mira");

    pub_clear(); /* and no other, whoever asks and how */
    char id[24];
    (void)snprintf(id, sizeof id, "%lld", (long long)w.mira);
    CHECK_INT(got_int(ask(&w, &w.as_mira, "ben"), "id"), room);
    CHECK_INT(got_int(ask(&w, &w.as_ben, "mira"), "id"), room);
    CHECK_INT(got_int(ask(&w, &w.as_ben, id), "id"), room);
    CHECK_INT(pub_of(PUB_USER, "user:3", "room_added"), 0);
    CHECK_TEXT(place_look(&w, "SELECT count(*) FROM room WHERE direct_b > 0"), "1");

    CHECK_INT(place_send(&w, &w.as_mira, room, "between us") > 0, 1);
    got = CALL_AS(&w, ben, "room.list", "{}");
    CHECK_INT(got_count(got, "rooms"), 2);
    CHECK_TEXT(got_text(got, "rooms.1.name"), "mira");
    CHECK_TEXT(got_text(got, "rooms.1.direct.name"), "mira");
    CHECK_INT(got_int(got, "rooms.1.unread"), 1);
    CHECK_TEXT(got_text(got, "rooms.0.direct"), "(absent)");
    CHECK_INT(place_found(&w, "between"), 1);
    place_free(&w);
}

static void nobody_else_learns_of_it(void)
{
    struct place w = place_new();
    int64_t room = got_int(ask(&w, &w.as_mira, "ben"), "id");
    place_send(&w, &w.as_mira, room, "between us");
    static const char *const methods[] = {"message.list", "room.members", "room.join"};
    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++) {
        CHECK_INT(
            product_call(w.p, &w.as_ana, methods[i], "{\"room\":\"%lld\"}", (long long)room)->code,
            103);
        CHECK_INT(
            product_call(w.p, &w.as_root, methods[i], "{\"room\":\"%lld\"}", (long long)room)->code,
            103); /* an admin neither */
    }
    CHECK_INT(got_count(CALL_AS(&w, ana, "room.list", "{\"joinable\":true}"), "rooms"), 1);
    CHECK_INT(got_count(CALL_AS(&w, ana, "message.search", "{\"query\":\"between\"}"), "messages"),
              0);
    place_free(&w);
}

static void who_is_in_it_and_what_it_is_called_stays(void)
{
    struct place w = place_new();
    int64_t room = got_int(ask(&w, &w.as_root, "ben"), "id");
    static const struct {
        const char *method, *more;
    } calls[] = {
        {"room.leave", ""},
        {"room.invite", ",\"user\":\"ana\""},
        {"room.update", ",\"name\":\"plans\""}, /* an admin may what owners may */
        {"room.update", ",\"private\":false"},
        {"room.update", ",\"keep_days\":3"},
    };
    pub_clear();
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
        struct answer_got *got =
            product_call(w.p, &w.as_root, calls[i].method, "{\"room\":\"%lld\"%s}", (long long)room,
                         calls[i].more);
        CHECK_INT(got->err, ERR_CONFLICT);
        CHECK_TEXT(got->field, "room");
    }
    CHECK_INT(pub_of(PUB_USER, "user:5", "room_changed"), 0);
    CHECK_TEXT(place_look(&w, "SELECT count(*) FROM member WHERE room_id > 1"), "3"); /* and Nook */
    CHECK_TEXT(place_look(&w, "SELECT private || keep_ms || name FROM room WHERE id > 1"),
               "10direct 2 5");
    place_free(&w);
}

static void a_wrong_one_is_named_and_makes_nothing(void)
{
    struct place w = place_new();
    CHECK_INT(CALL_AS(&w, root, "user.erase", "{\"user\":\"ana\",\"messages\":\"keep\"}")->err,
              ERR_OK);
    static const struct {
        const char *other;
        int code;
    } wrong[] = {{"mira", 107}, {"3", 107}, {"nobody.here", 103}, {"999", 103}, {"4", 103}};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct answer_got *got = ask(&w, &w.as_mira, wrong[i].other);
        CHECK_INT(got->code, wrong[i].code);
        CHECK_TEXT(got->field, "user");
    }
    CHECK_INT(ask(&w, &w.as_nobody, "mira")->code, 101);
    CHECK_INT(ask(&w, &w.as_ana, "mira")->code, 101); /* was erased */
    CHECK_TEXT(place_look(&w, "SELECT count(*) FROM room"), "1");
    place_free(&w);
}

/* Who stays behind keeps what was said, with nobody. */
static void it_outlives_one_who_is_erased(void)
{
    struct place w = place_new();
    int64_t room = got_int(ask(&w, &w.as_mira, "ben"), "id");
    place_send(&w, &w.as_ben, room, "good bye");
    CHECK_INT(CALL_AS(&w, root, "user.erase", "{\"user\":\"ben\",\"messages\":\"keep\"}")->err,
              ERR_OK);
    for (unsigned i = 0;
         i < 100 && strcmp(place_look(&w, "SELECT min(ended_ms > 0) FROM erasure"), "1") != 0; i++)
        place_tick(&w, 100);
    struct answer_got *got = CALL_AS(&w, mira, "room.list", "{}");
    CHECK_TEXT(got_text(got, "rooms.1.name"), "Erased person");
    CHECK_INT(got_int(got, "rooms.1.members"), 2); /* she and Nook */
    got = product_call(w.p, &w.as_mira, "message.list", "{\"room\":\"%lld\"}", (long long)room);
    CHECK_TEXT(got_text(got, "messages.0.text"), "good bye");
    place_free(&w);
}

static void with_an_agent_too(void)
{
    struct place w = place_new();
    struct answer_got *got = ask(&w, &w.as_mira, "nook");
    CHECK_INT(got->err, ERR_OK);
    CHECK_TEXT(got_text(got, "room.direct.role"), "agent");
    CHECK_INT(got_int(got, "room.members"), 2);
    place_free(&w);
}

UNIT("chat/direct", CASE(both_see_it_under_the_name_of_the_other), CASE(nobody_else_learns_of_it),
     CASE(who_is_in_it_and_what_it_is_called_stays), CASE(a_wrong_one_is_named_and_makes_nothing),
     CASE(it_outlives_one_who_is_erased), CASE(with_an_agent_too))
