/* A message that is deleted is gone from all that had its text: row, stream, search, in the end the file; the rest stays. */
#include "chat_place.h"
#include "unit.h"

#define HOUR_MS 3600000

static enum err delete_as(struct place *w, const struct actor *who, int64_t room, int64_t id)
{
    return product_call(w->p, who, "message.delete", "{\"room\":\"%lld\",\"id\":\"%lld\"}",
                        (long long)room, (long long)id)
        ->err;
}

static void index_now(struct place *w)
{
    for (int i = 0; i < 4; i++)
        place_tick(w, 500);
}

static void its_text_is_gone_and_the_rest_stays(void)
{
    struct place w = place_new();
    place_send(&w, &w.as_ana, 1, "first");
    int64_t id = place_send(&w, &w.as_ana, 1, "a secret for @mira");
    int64_t reply =
        got_int(CALL_AS(&w, ben, "message.send",
                        "{\"room\":\"1\",\"text\":\"yes\",\"key\":\"r\",\"reply_to\":\"%lld\"}",
                        (long long)id),
                "id");
    index_now(&w);
    place_send(&w, &w.as_ana, 1, "a secret above the index");
    CHECK_INT(place_found(&w, "secret"), 2);
    int64_t mentions = got_int(CALL_AS(&w, mira, "room.list", "{}"), "rooms.0.mentions");
    pub_clear();
    CHECK_INT(delete_as(&w, &w.as_ana, 1, id), ERR_OK);
    CHECK_INT(pub_of(PUB_STREAM, "room:1", "message_deleted"), 1);
    struct heard event = pub_last(PUB_STREAM, "room:1", "message_deleted");
    CHECK_INT(strtoll(json_look(event.data, "message.id"), NULL, 10), id);
    CHECK_TEXT(json_look(event.data, "message.deleted"), "author");
    CHECK_INT(delete_as(&w, &w.as_ana, 1, id), ERR_OK); /* once more is the same */
    CHECK_INT(pub_of(PUB_STREAM, "room:1", "message_deleted"), 1);

    struct answer_got *got = CALL_AS(&w, mira, "message.list", "{\"room\":\"1\"}");
    CHECK_INT(got_count(got, "messages"), 4);
    CHECK_TEXT(got_text(got, "messages.1.text"), "");
    CHECK_TEXT(got_text(got, "messages.1.deleted"), "author");
    CHECK_TEXT(got_text(got, "messages.1.author.name"), "ana");
    CHECK_INT(got_int(got, "messages.2.id"), reply);
    CHECK_INT(got_int(got, "messages.2.reply_to"), id);
    CHECK_TEXT(got_text(got, "messages.0.deleted"), "(absent)");
    CHECK_INT(place_found(&w, "secret"), 1);
    CHECK_INT(got_int(CALL_AS(&w, mira, "room.list", "{}"), "rooms.0.mentions"), mentions - 1);
    CHECK_TEXT(place_look(&w, "SELECT count(*) FROM stream WHERE data LIKE '%secret for%'"), "0");
    CHECK_TEXT(place_look(&w, "SELECT max(offset) - count(*) FROM stream WHERE room_id = 1"),
               "0"); /* no hole */
    CHECK_TEXT(
        place_look(&w, "SELECT json_extract(data, '$.message.deleted') FROM stream WHERE offset = "
                       "(SELECT offset FROM message WHERE deleted_by <> '')"),
        "author");
    place_free(&w);
}

static void whose_it_is_and_who_owns_the_room_may(void)
{
    struct place w = place_new();
    int64_t room = place_room(&w, &w.as_mira, "hers", false);
    CHECK_INT(CALL_AS(&w, ana, "room.join", "{\"room\":\"%lld\"}", (long long)room)->err, ERR_OK);
    CHECK_INT(CALL_AS(&w, root, "room.join", "{\"room\":\"%lld\"}", (long long)room)->err, ERR_OK);
    int64_t one = place_send(&w, &w.as_mira, room, "of mira"),
            two = place_send(&w, &w.as_ana, room, "of ana");
    int64_t three = place_send(&w, &w.as_ana, room, "of ana too");
    int64_t elsewhere = place_send(&w, &w.as_ana, 1, "in general");
    CHECK_INT(delete_as(&w, &w.as_ana, room, one), ERR_DENIED);
    CHECK_INT(delete_as(&w, &w.as_ben, room, two), ERR_DENIED); /* is not in */
    CHECK_INT(delete_as(&w, &w.as_root, 999, two), ERR_DENIED); /* no such room */
    CHECK_INT(delete_as(&w, &w.as_mira, room, elsewhere), ERR_NOT_FOUND);
    CHECK_INT(delete_as(&w, &w.as_mira, room, 999), ERR_NOT_FOUND);
    CHECK_TEXT(CALL_AS(&w, mira, "message.delete", "{\"room\":\"%lld\"}", (long long)room)->field,
               "id");
    CHECK_TEXT(place_look(&w, "SELECT count(*) FROM message WHERE deleted_by <> ''"), "0");
    CHECK_INT(delete_as(&w, &w.as_mira, room, two), ERR_OK);
    CHECK_INT(delete_as(&w, &w.as_root, room, three), ERR_OK);
    CHECK_TEXT(
        place_look(&w, "SELECT group_concat(deleted_by) FROM message WHERE deleted_by <> ''"),
        "owner,owner");
    place_free(&w);
}

static void in_the_end_the_file_has_it_no_more(void)
{
    struct place w = place_new();
    char path[sizeof w.p->folder.path];
    memcpy(path, w.p->folder.path, sizeof path);
    for (int i = 0; i < 50; i++)
        place_send(&w, &w.as_ana, 1, "words of all days");
    int64_t id = place_send(&w, &w.as_ana, 1, "qzxjkvbw");
    for (int i = 0; i < 50; i++)
        place_send(&w, &w.as_ana, 1, "words of all days");
    index_now(&w);
    place_close(&w);
    CU_ASSERT_TRUE(tmpdb_has(path, "qzxjkvbw"));

    product_open(w.p);
    place_open_chat(&w);
    CHECK_INT(delete_as(&w, &w.as_ana, 1, id), ERR_OK);
    place_tick(&w, HOUR_MS / 2);
    place_reopen(&w);                       /* what is due outlasts a restart */
    place_tick(&w, HOUR_MS);                /* one step follows the other */
    CHECK_INT(place_found(&w, "days"), 50); /* a page */
    place_close(&w);
    CU_ASSERT_FALSE(tmpdb_has(path, "qzxjkvbw"));
    CHECK_TEXT(place_look(&w, "SELECT value FROM setting WHERE name = 'search_purge'"), "0");
    product_open(w.p);
    place_open_chat(&w);
    place_free(&w);
}

UNIT("chat/erase", CASE(its_text_is_gone_and_the_rest_stays),
     CASE(whose_it_is_and_who_owns_the_room_may), CASE(in_the_end_the_file_has_it_no_more))
