/* Reactions: who is in the room puts one of each emoji below a message; the message, its page and an event tell of it. */
#include "chat_place.h"
#include "unit.h"

#define THUMB "\xf0\x9f\x91\x8d"
#define HEART "\xe2\x9d\xa4\xef\xb8\x8f"

static struct answer_got *react(struct place *w, const struct actor *who, const char *method,
                                int64_t id, const char *emoji)
{
    return product_call(w->p, who, method, "{\"room\":\"1\",\"id\":\"%lld\",\"emoji\":\"%s\"}",
                        (long long)id, emoji);
}

/* The beginning of what messages tell, into `out`. */
static const char *told(struct place *w, char out[64])
{
    return strcpy(out, place_look(w, "SELECT group_concat(reactions, ' / ') FROM message "
                                     "WHERE reactions <> ''"));
}

static void a_reaction_is_told_by_its_message_and_by_an_event(void)
{
    struct place w = place_new();
    int64_t id = place_send(&w, &w.as_ana, 1, "done");
    pub_clear();
    struct answer_got *got = react(&w, &w.as_mira, "reaction.add", id, THUMB);
    CHECK_INT(got->err, ERR_OK);
    struct heard event = pub_last(PUB_STREAM, "room:1", "reaction_added");
    CHECK_INT(strtoll(json_look(event.data, "message.id"), NULL, 10), id);
    CHECK_TEXT(json_look(event.data, "message.room"), "1");
    CHECK_TEXT(json_look(event.data, "emoji"), THUMB);
    CHECK_TEXT(json_look(event.data, "user.name"), "mira");
    CHECK_INT(react(&w, &w.as_ben, "reaction.add", id, HEART)->err, ERR_OK);
    CHECK_INT(react(&w, &w.as_ana, "reaction.add", id, THUMB)->err,
              ERR_OK); /* also to an own one */
    CHECK_INT(pub_of(PUB_STREAM, "room:1", "reaction_added"), 3);

    got = CALL_AS(&w, ben, "message.list", "{\"room\":\"1\",\"limit\":1}");
    CHECK_INT(got_count(got, "messages.0.reactions"), 2);
    CHECK_TEXT(got_text(got, "messages.0.reactions.0.emoji"), THUMB); /* who was first is first */
    CHECK_INT(got_count(got, "messages.0.reactions.0.users"), 2);
    CHECK_INT(got_int(got, "messages.0.reactions.0.users.0"), w.mira);
    CHECK_INT(got_int(got, "messages.0.reactions.0.users.1"), w.ana);
    CHECK_INT(got_int(got, "messages.0.reactions.1.users.0"), w.ben);
    got = CALL_AS(&w, ben, "message.search", "{\"query\":\"done\"}");
    CHECK_TEXT(got_text(got, "messages.0.reactions.1.emoji"), HEART);

    pub_clear();
    CHECK_INT(react(&w, &w.as_mira, "reaction.remove", id, THUMB)->err, ERR_OK);
    event = pub_last(PUB_STREAM, "room:1", "reaction_removed");
    CHECK_TEXT(json_look(event.data, "user.name"), "mira");
    CHECK_INT(react(&w, &w.as_ana, "reaction.remove", id, THUMB)->err, ERR_OK);
    CHECK_INT(react(&w, &w.as_ben, "reaction.remove", id, HEART)->err, ERR_OK);
    got = CALL_AS(&w, ben, "message.list", "{\"room\":\"1\",\"limit\":1}");
    CHECK_TEXT(got_text(got, "messages.0.reactions"), "(absent)");
    CHECK_TEXT(place_look(&w, "SELECT max(offset) - count(*) FROM stream WHERE room_id = 1"),
               "0"); /* no hole */
    place_free(&w);
}

static void the_same_twice_changes_nothing(void)
{
    struct place w = place_new();
    int64_t id = place_send(&w, &w.as_ana, 1, "done");
    CHECK_INT(react(&w, &w.as_ben, "reaction.remove", id, THUMB)->err, ERR_OK);
    CHECK_INT(react(&w, &w.as_ben, "reaction.add", id, THUMB)->err, ERR_OK);
    char before[64], after[64];
    CHECK_INT(strlen(told(&w, before)) > 20, true);
    int64_t unread = got_int(CALL_AS(&w, mira, "room.list", "{}"), "rooms.0.unread");
    pub_clear();
    CHECK_INT(react(&w, &w.as_ben, "reaction.add", id, THUMB)->err, ERR_OK);
    CHECK_INT(react(&w, &w.as_ben, "reaction.remove", id, HEART)->err, ERR_OK);
    CHECK_INT(pub_of(PUB_STREAM, "room:1", "reaction_added"), 0);
    CHECK_INT(pub_of(PUB_STREAM, "room:1", "reaction_removed"), 0);
    CHECK_TEXT(told(&w, after), before);
    CHECK_INT(got_int(CALL_AS(&w, mira, "room.list", "{}"), "rooms.0.unread"), unread);
    place_free(&w);
}

static void who_may_not_or_asks_wrongly_changes_nothing(void)
{
    struct place w = place_new();
    int64_t id = place_send(&w, &w.as_ana, 1, "done");
    int64_t room = place_room(&w, &w.as_mira, "hers", false);
    int64_t hers = place_send(&w, &w.as_mira, room, "elsewhere");
    int64_t gone = place_send(&w, &w.as_ana, 1, "never mind");
    CHECK_INT(product_call(w.p, &w.as_ana, "message.delete", "{\"room\":\"1\",\"id\":\"%lld\"}",
                           (long long)gone)
                  ->err,
              ERR_OK);
    CHECK_TEXT(react(&w, &w.as_mira, "reaction.add", hers, THUMB)->field, "id"); /* other room */
    CHECK_TEXT(react(&w, &w.as_ben, "reaction.add", 999, THUMB)->field, "id");
    CHECK_INT(product_call(w.p, &w.as_ben, "reaction.add",
                           "{\"room\":\"%lld\",\"id\":\"%lld\",\"emoji\":\"" THUMB "\"}",
                           (long long)room, (long long)hers)
                  ->err,
              ERR_DENIED); /* ben is not in */
    struct answer_got *got = react(&w, &w.as_ben, "reaction.add", gone, THUMB);
    CHECK_INT(got->err, ERR_CONFLICT);
    CHECK_TEXT(got->field, "id");
    static const char *const bad[] = {"", "a", ":+1:", THUMB THUMB, THUMB "!"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        got = react(&w, &w.as_ben, "reaction.add", id, bad[i]);
        CHECK_INT(got->code, 107);
        CHECK_TEXT(got->field, "emoji");
    }
    CHECK_TEXT(place_look(&w, "SELECT count(*) FROM reaction"), "0");
    CHECK_TEXT(place_look(&w, "SELECT count(*) FROM stream WHERE data LIKE '%reaction_%'"), "0");
    place_free(&w);
}

static void twenty_different_ones_are_enough(void)
{
    struct place w = place_new();
    int64_t id = place_send(&w, &w.as_ana, 1, "done");
    for (unsigned i = 0; i < 20; i++) {
        const char emoji[5] = {'\xf0', '\x9f', '\x8d', (char)(0x80 + i), 0};
        CHECK_INT(react(&w, &w.as_ben, "reaction.add", id, emoji)->err, ERR_OK);
    }
    char before[64], after[64];
    CHECK_INT(strlen(told(&w, before)) > 20, true);
    pub_clear();
    struct answer_got *got = react(&w, &w.as_mira, "reaction.add", id, THUMB);
    CHECK_INT(got->code, 106);
    CHECK_TEXT(got->field, "emoji");
    CHECK_TEXT(told(&w, after), before);
    CHECK_TEXT(place_look(&w, "SELECT count(*) FROM reaction"), "20"); /* rolled back */
    CHECK_INT(pub_of(PUB_STREAM, "room:1", "reaction_added"), 0);
    CHECK_INT(react(&w, &w.as_mira, "reaction.add", id, "\xf0\x9f\x8d\x80")->err, ERR_OK);
    place_free(&w);
}

/* An edit keeps them, deleting the message takes them, and so does whatever takes its row. */
static void they_live_as_long_as_their_message(void)
{
    char after[64];
    struct place w = place_new();
    int64_t id = place_send(&w, &w.as_ana, 1, "done");
    int64_t other = place_send(&w, &w.as_ana, 1, "old");
    CHECK_INT(react(&w, &w.as_ben, "reaction.add", id, THUMB)->err, ERR_OK);
    CHECK_INT(react(&w, &w.as_ben, "reaction.add", other, THUMB)->err, ERR_OK);
    struct answer_got *got =
        product_call(w.p, &w.as_ana, "message.edit",
                     "{\"room\":\"1\",\"id\":\"%lld\",\"text\":\"done!\"}", (long long)id);
    CHECK_INT(got->err, ERR_OK);
    CHECK_TEXT(json_look(pub_last(PUB_STREAM, "room:1", "message_edited").data,
                         "message.reactions.0.emoji"),
               THUMB);
    got = product_call(w.p, &w.as_ana, "message.delete", "{\"room\":\"1\",\"id\":\"%lld\"}",
                       (long long)id);
    CHECK_INT(got->err, ERR_OK);
    CHECK_TEXT(place_look(&w, "SELECT count(*) FROM reaction"), "1");
    CHECK_TEXT(told(&w, after), "[{\"emoji\":\"" THUMB "\",\"users\":[\"5\"]}]");
    char sql[96];
    (void)snprintf(sql, sizeof sql, "DELETE FROM message WHERE id = %lld", (long long)other);
    CHECK_INT(test_sql(w.p->store, sql), ERR_OK);
    CHECK_TEXT(place_look(&w, "SELECT count(*) FROM reaction"), "0");
    place_free(&w);
}

static void who_was_erased_has_none(void)
{
    struct place w = place_new();
    int64_t id = place_send(&w, &w.as_ana, 1, "done");
    CHECK_INT(react(&w, &w.as_ben, "reaction.add", id, THUMB)->err, ERR_OK);
    CHECK_INT(react(&w, &w.as_ben, "reaction.add", id, HEART)->err, ERR_OK);
    CHECK_INT(react(&w, &w.as_mira, "reaction.add", id, THUMB)->err, ERR_OK);
    CHECK_INT(CALL_AS(&w, root, "user.erase", "{\"user\":\"ben\",\"messages\":\"keep\"}")->err,
              ERR_OK);
    for (unsigned i = 0;
         i < 100 && strcmp(place_look(&w, "SELECT min(ended_ms > 0) FROM erasure"), "1") != 0; i++)
        place_tick(&w, 100);
    struct answer_got *got = CALL_AS(&w, mira, "message.list", "{\"room\":\"1\"}");
    size_t last = got_count(got, "messages") - 1;
    char path[64];
    (void)snprintf(path, sizeof path, "messages.%zu.reactions", last);
    CHECK_INT(got_count(got, path), 1);
    (void)snprintf(path, sizeof path, "messages.%zu.reactions.0.users.0", last);
    CHECK_INT(got_int(got, path), w.mira);
    CHECK_TEXT(place_look(&w, "SELECT count(*) FROM stream WHERE data LIKE '%reaction_added%' AND "
                              "json_extract(data, '$.user.display') = 'Erased person'"),
               "2");
    place_free(&w);
}

UNIT("chat/reaction", CASE(a_reaction_is_told_by_its_message_and_by_an_event),
     CASE(the_same_twice_changes_nothing), CASE(who_may_not_or_asks_wrongly_changes_nothing),
     CASE(twenty_different_ones_are_enough), CASE(they_live_as_long_as_their_message),
     CASE(who_was_erased_has_none))
