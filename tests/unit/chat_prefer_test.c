/* Guards: what a member thinks of a room is theirs alone, stays until they say otherwise, and goes with their membership. */
#include "chat_place.h"
#include "unit.h"

/* "true false": what an answer says of a room. */
static const char *of(struct answer_got *got, const char *muted, const char *favourite)
{
    static char out[32];
    (void)snprintf(out, sizeof out, "%s ", got_text(got, muted));
    (void)snprintf(out + strlen(out), sizeof out - strlen(out), "%s", got_text(got, favourite));
    return out;
}

#define LISTED(w, who) of(CALL_AS(w, who, "room.list", "{}"), "rooms.0.muted", "rooms.0.favourite")

static void each_member_has_their_own(void)
{
    struct place w = place_new();
    CHECK_TEXT(LISTED(&w, mira), "false false");
    char channel[32];
    (void)snprintf(channel, sizeof channel, "user:%lld", (long long)w.mira);
    pub_clear();
    struct answer_got *got = CALL_AS(&w, mira, "room.prefer", "{\"room\":\"1\",\"muted\":true}");
    CHECK_TEXT(of(got, "muted", "favourite"), "true false");
    CHECK_INT(got_int(got, "room"), 1);
    CHECK_INT(pub_of(PUB_USER, channel, "room_preferred"), 1);
    got = CALL_AS(&w, mira, "room.prefer", "{\"room\":\"1\",\"favourite\":true}");
    CHECK_TEXT(of(got, "muted", "favourite"), "true true");
    CHECK_TEXT(LISTED(&w, mira), "true true");
    CHECK_TEXT(LISTED(&w, ana), "false false");
    got = CALL_AS(&w, mira, "room.prefer", "{\"room\":\"1\",\"muted\":false}");
    CHECK_TEXT(of(got, "muted", "favourite"), "false true");
    got = CALL_AS(&w, mira, "room.prefer", "{\"room\":\"1\"}"); /* nothing: as it is */
    CHECK_TEXT(of(got, "muted", "favourite"), "false true");
    place_free(&w);
}

static void who_is_not_in_it_has_none(void)
{
    struct place w = place_new();
    int64_t room = place_room(&w, &w.as_mira, "hers", false);
    CHECK_INT(CALL_AS(&w, ana, "room.prefer", "{\"room\":\"%lld\",\"muted\":true}", (long long)room)
                  ->code,
              103);
    CHECK_INT(CALL_AS(&w, ana, "room.prefer", "{\"room\":\"99\",\"muted\":true}")->code, 103);
    CHECK_INT(CALL_AS(&w, ana, "room.join", "{\"room\":\"%lld\"}", (long long)room)->err, ERR_OK);
    CHECK_INT(
        CALL_AS(&w, ana, "room.prefer", "{\"room\":\"%lld\",\"muted\":true}", (long long)room)->err,
        ERR_OK);
    CHECK_INT(CALL_AS(&w, ana, "room.leave", "{\"room\":\"%lld\"}", (long long)room)->err, ERR_OK);
    struct answer_got *got = CALL_AS(&w, ana, "room.join", "{\"room\":\"%lld\"}", (long long)room);
    CHECK_TEXT(of(got, "room.muted", "room.favourite"), "false false"); /* a new membership */
    place_free(&w);
}

UNIT("chat/prefer", CASE(each_member_has_their_own), CASE(who_is_not_in_it_has_none))
