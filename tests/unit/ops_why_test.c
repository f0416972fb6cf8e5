/* message.why: each verdict from the facts that prove it, and nothing to who may not know. */
#include "ops_place.h"
#include "unit.h"

#define ROOM "2"

/* A room of root and ana with a message at offset 5; when it was written is now. */
static struct post *with_message(void)
{
    struct post *w = post_new();
    char sql[256];
    long long now = post_now(w);
    (void)snprintf(sql, sizeof sql,
                   "INSERT INTO room (id, name, private, created_ms, created_by, epoch, top) "
                   "VALUES (2, 'r', 1, %lld, 1, 'e', 5);",
                   now);
    CHECK_INT(test_sql(w->p->store, sql), ERR_OK);
    (void)snprintf(sql, sizeof sql,
                   "INSERT INTO member (room_id, user_id, role, since_ms, read_offset) VALUES (2, "
                   "%lld, 'owner', 1, 0), (2, %lld, 'member', %lld, 0);",
                   (long long)w->root, (long long)w->ana, now - 1000);
    CHECK_INT(test_sql(w->p->store, sql), ERR_OK);
    (void)snprintf(sql, sizeof sql,
                   "INSERT INTO message (room_id, offset, author_id, text, created_ms, key) VALUES "
                   "(2, 5, %lld, 'hi', %lld, 'k');",
                   (long long)w->root, now);
    CHECK_INT(test_sql(w->p->store, sql), ERR_OK);
    return w;
}

static struct answer_got *ask_of(struct post *w, const struct actor *who, int64_t user)
{
    return product_call(w->p, who, "message.why",
                        "{\"room\":\"" ROOM "\",\"offset\":5,\"user\":\"%lld\"}", (long long)user);
}

static const char *verdict(struct post *w)
{
    struct answer_got *got = ask_of(w, &w->as_ana, w->ana);
    CHECK_INT(got->err, ERR_OK);
    return got_text(got, "verdict");
}

static struct ws_connection_record *line(struct post *w, const char *id)
{
    struct ws_connection_record *r = &w->live[w->live_count++];
    *r = post_record(w, id, w->ana, "tab");
    r->follows = true;
    return r;
}

static void an_open_line_tells_how_far_it_is(void)
{
    struct post *w = with_message();
    product_advance(w->p, -100);
    struct ws_connection_record *r = line(w, "a");
    product_advance(w->p, 200);
    r->sent_offset = r->acked_offset = 4;
    CHECK_TEXT(verdict(w), "open"); /* it is not through there yet */
    r->sent_offset = 5;
    CHECK_TEXT(verdict(w), "sent");
    r->acked_offset = 5;
    CHECK_TEXT(verdict(w), "delivered");
    struct answer_got *got = ask_of(w, &w->as_root, w->ana);
    CHECK_TEXT(got_text(got, "words"), "ana has it: a device has answered behind it.");
    CHECK_TEXT(got_text(got, "user.name"), "ana");
    CHECK_TEXT(got_text(got, "author.name"), "root");
    CHECK_INT(got_int(got, "written"), post_now(w) - 100);
    CHECK_INT(got_int(got, "open.0.acked"), 5);
    r->follows = false;
    CHECK_TEXT(verdict(w), "open");
    r->follows = true;
    r->connected_ms = post_now(w); /* came later */
    CHECK_TEXT(verdict(w), "since");
    CHECK_INT(test_sql(w->p->store, "UPDATE member SET read_offset = 5"), ERR_OK);
    CHECK_TEXT(verdict(w), "read");
    post_free(w);
}

static void lines_that_ended_tell_why_it_may_not_have_come(void)
{
    struct post *w = with_message();
    CHECK_TEXT(verdict(w), "away");
    product_advance(w->p, -100);
    struct ws_connection_record a = post_record(w, "a", w->ana, "tab");
    product_advance(w->p, 50);
    struct ws_connection_record before = a;
    post_ends(w, &before, 3008, "slow", "server"); /* before it was written: says nothing */
    post_tick(w, 0);
    CHECK_TEXT(verdict(w), "away");

    struct ws_connection_record b = post_record(w, "b", w->ana, "tab");
    product_advance(w->p, 1000);
    post_ends(w, &b, 1006, "", "network");
    post_tick(w, 0);
    struct answer_got *got = ask_of(w, &w->as_ana, w->ana);
    CHECK_TEXT(got_text(got, "verdict"), "cut");
    CHECK_INT(got_count(got, "ended"), 1);
    CHECK_INT(got_int(got, "ended.0.code"), 1006);
    CHECK_TEXT(got_text(got, "ended.0.recovered"), "(absent)");

    struct ws_connection_record c = b;
    (void)snprintf(c.id, sizeof c.id, "c");
    post_ends(w, &c, 3008, "slow", "server");
    post_tick(w, 0);
    CHECK_TEXT(verdict(w), "slow");
    CHECK_INT(
        test_sql(w->p->store, "UPDATE connection SET recovered = 1, back_ms = 9 WHERE id = 'c'"),
        ERR_OK);
    got = ask_of(w, &w->as_ana, w->ana);
    CHECK_TEXT(got_text(got, "verdict"), "recovered");
    CHECK_INT(got_int(got, "ended.1.back_after"), 9);
    post_free(w);
}

static void membership_and_retention_come_first(void)
{
    struct post *w = with_message();
    struct ws_connection_record *r = line(w, "a");
    r->sent_offset = r->acked_offset = 9;
    CHECK_INT(
        test_sql(w->p->store, "UPDATE member SET since_ms = since_ms + 2000 WHERE role = 'member'"),
        ERR_OK);
    CHECK_TEXT(verdict(w), "joined_later");
    CHECK_INT(test_sql(w->p->store, "UPDATE room SET trimmed = 5"), ERR_OK);
    CHECK_TEXT(verdict(w), "gone");
    CHECK_INT(test_sql(w->p->store, "DELETE FROM member WHERE role = 'member'"), ERR_OK);
    struct answer_got *got = ask_of(w, &w->as_ana, w->ana);
    CHECK_TEXT(got_text(got, "verdict"), "not_member");
    CHECK_TEXT(got_text(got, "written"), "(absent)");
    CHECK_TEXT(got_text(got, "open"), "(absent)");
    post_free(w);
}

static void who_may_not_know_is_told_nothing(void)
{
    struct post *w = with_message();
    CHECK_INT(ask_of(w, &w->as_ana, w->root)->err, ERR_DENIED);
    struct answer_got *got = ask_of(w, &w->as_ben, w->ben);
    CHECK_TEXT(got_text(got, "verdict"), "not_member");
    got = CALL_AS(w, ben, "message.why",
                  "{\"room\":\"77\",\"offset\":5}"); /* as for one that is not there */
    CHECK_TEXT(got_text(got, "verdict"), "not_member");
    got = CALL_AS(w, ana, "message.why", "{\"room\":\"" ROOM "\",\"offset\":4}");
    CHECK_INT(got->err, ERR_NOT_FOUND);
    CHECK_TEXT(got->field, "offset");
    CHECK_TEXT(CALL_AS(w, ana, "message.why", "{\"room\":\"" ROOM "\",\"offset\":0}")->field,
               "offset");
    CHECK_TEXT(CALL_AS(w, ana, "message.why", "{\"offset\":5}")->field, "room");
    CHECK_TEXT(got_text(CALL_AS(w, root, "message.why", "{\"room\":\"" ROOM "\",\"offset\":5}"),
                        "user.name"),
               "root");
    post_free(w);
}

static void a_notification_that_was_pushed_is_told_before_lines_that_ended(void)
{
    struct post *w = with_message();
    struct ws_connection_record b = post_record(w, "b", w->ana, "tab");
    product_advance(w->p, 1000);
    post_ends(w, &b, 3008, "slow", "server");
    post_tick(w, 0);
    CHECK_TEXT(verdict(w), "slow");
    w->pushed_ms = post_now(w);
    CHECK_TEXT(verdict(w), "pushed");
    CHECK_INT(got_int(ask_of(w, &w->as_ana, w->ana), "pushed"), w->pushed_ms);
    CHECK_INT(test_sql(w->p->store, "UPDATE member SET read_offset = 5"), ERR_OK);
    CHECK_TEXT(verdict(w), "read");
    post_free(w);
}

UNIT("ops/why", CASE(a_notification_that_was_pushed_is_told_before_lines_that_ended),
     CASE(an_open_line_tells_how_far_it_is), CASE(lines_that_ended_tell_why_it_may_not_have_come),
     CASE(membership_and_retention_come_first), CASE(who_may_not_know_is_told_nothing))
