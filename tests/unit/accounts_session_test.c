/* Set-up, log-in, sessions, cookies and tokens: who gets in, for how long, and what they are told when not. */
#include "accounts/password.h"
#include "base/metrics.h"
#include "product.h"
#include "unit.h"
#include "wire/jwt.h"

#define PASSWORD "correct horse battery"

/* ---- identities, waited for */

struct asked {
    enum err err;
    struct identity who;
    struct future *came;
};

static void asked_answer(struct identity_asker asker, enum err e, const struct identity *who)
{
    struct asked *asked = asker.owner;
    asked->err = e;
    if (who)
        asked->who = *who;
    (void)future_fulfil(asked->came, ERR_OK, NULL);
}

static struct asked ask(struct product *p, const char *secret, bool cookie)
{
    struct asked asked = {.came = future_new(NULL)};
    struct identity_asker asker = {.owner = &asked, .answer = asked_answer};
    must((cookie ? accounts_cookie : accounts_token)(p->accounts, text_of(secret), asker) ==
         ERR_OK);
    must(test_wait(future_ref(asked.came)) == ERR_OK);
    asked.came = future_unref(asked.came);
    return asked;
}

static enum err nothing_run(struct db *db, void *data)
{
    (void)db;
    (void)data;
    return ERR_OK;
}

/* Everything that was submitted to the writer before is on disk. */
static void settle(struct product *p)
{
    CHECK_INT(test_call(writer_submit, p->store, nothing_run, NULL), ERR_OK);
}

/* ---- helpers */

static struct answer_got *set_up(struct product *p)
{
    struct actor nobody = actor_nobody();
    return product_call(p, &nobody, "place.setup",
                        "{\"secret\":\"%s\",\"place\":\"Lantern\",\"display\":\"Mira Olsen\","
                        "\"password\":\"" PASSWORD "\"}",
                        accounts_setup_secret(p->accounts));
}

static struct answer_got *log_in(struct product *p, const char *name, const char *password)
{
    struct actor nobody = actor_nobody();
    return product_call(p, &nobody, "session.login", "{\"name\":\"%s\",\"password\":\"%s\"}", name,
                        password);
}

/* A place with Mira (user 2) in it. Her password is hashed once for all tests: it takes as long as a log-in. */
static struct product *with_mira(void)
{
    static char stored[PASSWORD_SIZE];
    struct product *p = product_new();
    char sql[256];
    if (!stored[0])
        must(password_hash(TEXT(PASSWORD), stored) == ERR_OK);
    (void)snprintf(sql, sizeof sql,
                   "INSERT INTO user (name, display, role, password, created_ms) VALUES "
                   "('mira', 'Mira Olsen', 'admin', '%s', 0)",
                   stored);
    CHECK_INT(test_sql(p->store, sql), ERR_OK);
    return p;
}

/* ---- set-up */

static void set_up_makes_the_admin_the_session_and_the_first_invite(void)
{
    struct product *p = product_new();
    struct actor nobody = actor_nobody();
    struct answer_got *got = product_call(p, &nobody, "place.get", "{}");
    CHECK_TEXT(got_text(got, "set_up"), "false");
    CHECK_TEXT(got_text(got, "name"), "Snug");
    CHECK_TEXT(got_text(got, "version"), "1.0-test");
    CHECK_TEXT(got_text(got, "limits.text"), "16000");
    CHECK_TEXT(got_text(got, "limits.connections"), "10");

    got = set_up(p);
    CHECK_INT(got->err, ERR_OK);
    CHECK_TEXT(got_text(got, "user.name"), "mira");
    CHECK_TEXT(got_text(got, "user.display"), "Mira Olsen");
    CHECK_TEXT(got_text(got, "user.role"), "admin");
    CHECK_TEXT(got_text(got, "user.active"), "true");
    CHECK_INT(got_int(got, "user.created"), p->clock.wall_ms);
    CHECK_INT(got_int(got, "expires"),
              p->clock.wall_ms + INT64_C(12) * 3600 * 1000); /* ms, without stay */
    CHECK_INT(strlen(got->cookie), 43);
    CHECK_INT(got->cookie_age_s, 0);
    const char *link = got_text(got, "invite_url");
    CHECK_INT(strncmp(link, "http://test/join#", 17), 0);
    CHECK_INT(strlen(link), 17 + 22);
    CU_ASSERT_PTR_NULL(accounts_setup_secret(p->accounts));

    got = product_call(p, &nobody, "place.get", "{}");
    CHECK_TEXT(got_text(got, "set_up"), "true");
    CHECK_TEXT(got_text(got, "name"), "Lantern");
    product_free(p);
}

static void set_up_works_once_and_only_with_its_secret(void)
{
    struct product *p = product_new();
    struct actor nobody = actor_nobody();
    char secret[64];
    (void)snprintf(secret, sizeof secret, "%s", accounts_setup_secret(p->accounts));
    CHECK_INT(strlen(secret), 22);
    struct answer_got *got = product_call(
        p, &nobody, "place.setup",
        "{\"secret\":\"wrong\",\"place\":\"X\",\"display\":\"M\",\"password\":\"" PASSWORD "\"}");
    CHECK_INT(got->code, 103);
    CHECK_TEXT(got->field, "secret");
    CHECK_INT(set_up(p)->err, ERR_OK);
    got = product_call(
        p, &nobody, "place.setup",
        "{\"secret\":\"%s\",\"place\":\"X\",\"display\":\"M\",\"password\":\"" PASSWORD "\"}",
        secret);
    CHECK_INT(got->code, 400);

    product_close(p); /* a new start: an admin is there, so no secret */
    product_open(p);
    CU_ASSERT_PTR_NULL(accounts_setup_secret(p->accounts));
    product_free(p);
}

static void an_admin_made_by_hand_ends_set_up_too(void)
{
    struct product *p = product_new();
    (void)product_person(p, "ana");
    CU_ASSERT_PTR_NOT_NULL(accounts_setup_secret(p->accounts));
    (void)product_admin(p, "root");
    CU_ASSERT_PTR_NULL(accounts_setup_secret(p->accounts));
    product_free(p);
}

static void bad_parameters_name_their_field(void)
{
    static const struct {
        const char *params, *field;
    } cases[] = {
        {"{\"secret\":\"S\",\"place\":\"\",\"display\":\"M\",\"password\":\"" PASSWORD "\"}",
         "place"},
        {"{\"secret\":\"S\",\"place\":\"X\",\"display\":\"  \",\"password\":\"" PASSWORD "\"}",
         "display"},
        {"{\"secret\":\"S\",\"place\":\"X\",\"display\":\"M\",\"password\":\"elevenchars\"}",
         "password"},
        {"{\"secret\":\"S\",\"place\":\"X\",\"display\":\"M\\nN\",\"password\":\"" PASSWORD "\"}",
         "display"},
        {"{\"secret\":\"S\",\"place\":\"X\\nY\",\"display\":\"M\",\"password\":\"" PASSWORD "\"}",
         "place"},
        {"{\"secret\":\"S\",\"place\":\"X\",\"display\":\"M\",\"password\":\"" PASSWORD
         "\",\"name\":\"Mira\"}",
         "name"},
        {"{\"secret\":\"S\",\"place\":\"X\",\"display\":\"M\",\"password\":\"" PASSWORD
         "\",\"name\":\"a b\"}",
         "name"},
        {"{\"secret\":\"S\",\"place\":\"X\",\"display\":\"M\"}", "password"},
        {"{\"secret\":7,\"place\":\"X\",\"display\":\"M\",\"password\":\"" PASSWORD "\"}",
         "secret"},
    };
    struct product *p = product_new();
    struct actor nobody = actor_nobody();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char params[400];
        const char *s = strstr(cases[i].params, "\"S\"");
        if (s) /* the real secret in place of S */
            (void)snprintf(params, sizeof params, "%.*s\"%s\"%s", (int)(s - cases[i].params),
                           cases[i].params, accounts_setup_secret(p->accounts), s + 3);
        else
            (void)snprintf(params, sizeof params, "%s", cases[i].params);
        struct answer_got *got = product_call_text(p, &nobody, "place.setup", text_of(params));
        CHECK_INT(got->code, 107);
        CHECK_TEXT(got->field, cases[i].field);
        CU_ASSERT_PTR_NOT_NULL(strstr(got->message, cases[i].field)); /* the sentence names it */
    }
    CU_ASSERT_PTR_NOT_NULL(accounts_setup_secret(p->accounts)); /* nothing changed */
    product_free(p);
}

/* ---- log-in */

static void name_or_display_without_case_and_the_password_log_in(void)
{
    struct product *p = with_mira();
    static const char *const names[] = {"mira", "MIRA", "Mira Olsen", "mira olsen"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct answer_got *got = log_in(p, names[i], PASSWORD);
        CHECK_INT(got->err, ERR_OK);
        CHECK_TEXT(got_text(got, "user.name"), "mira");
    }
    product_free(p);
}

static void a_display_of_two_people_does_not_log_in(void)
{
    struct product *p = with_mira();
    struct actor local = actor_local();
    CHECK_INT(product_call(p, &local, "user.add",
                           "{\"name\":\"other\",\"display\":\"Mira Olsen\",\"password\":\"" PASSWORD
                           "\"}")
                  ->err,
              ERR_OK);
    CHECK_INT(log_in(p, "Mira Olsen", PASSWORD)->code, 101);
    CHECK_INT(log_in(p, "other", PASSWORD)->err, ERR_OK);
    product_free(p);
}

static void wrong_name_and_wrong_password_sound_the_same(void)
{
    struct product *p = with_mira();
    int64_t before = metric_get(METRIC_auth_failures);
    struct answer_got *got = log_in(p, "mira", "not the password");
    CHECK_INT(got->code, 101);
    CHECK_TEXT(got->field, "");
    char message[200];
    (void)snprintf(message, sizeof message, "%s", got->message);
    got = log_in(p, "nobody", PASSWORD);
    CHECK_INT(got->code, 101);
    CHECK_TEXT(got->message, message);
    got = log_in(p, "nook", ""); /* the agent has no password */
    CHECK_INT(got->code, 107);
    CHECK_INT(log_in(p, "nook", "x")->code, 101);
    CHECK_INT(metric_get(METRIC_auth_failures) - before, 3);
    product_free(p);
}

static void ten_wrong_passwords_make_the_account_wait(void)
{
    struct product *p = with_mira();
    for (int i = 0; i < 10; i++) {
        /* nine from elsewhere count for the account, not for this address */
        struct actor other = actor_nobody();
        (void)snprintf(other.address, sizeof other.address, "10.0.0.%d", i + 1);
        CHECK_INT(product_call(p, &other, "session.login",
                               "{\"name\":\"mira\",\"password\":\"wrong wrong\"}")
                      ->code,
                  101);
    }
    struct answer_got *got = log_in(p, "mira", PASSWORD);
    CHECK_INT(got->code, 111);
    CHECK_INT(got->retry_ms, 5000);
    CHECK_INT(log_in(p, "mira olsen", PASSWORD)->err, ERR_OK); /* the address is free */
    product_advance(p, 5000);
    CHECK_INT(log_in(p, "mira", PASSWORD)->err, ERR_OK);
    product_free(p);
}

/* ---- sessions */

static void a_cookie_is_good_for_12_hours_after_its_last_use(void)
{
    struct product *p = with_mira();
    char cookie[64];
    (void)snprintf(cookie, sizeof cookie, "%s", log_in(p, "mira", PASSWORD)->cookie);
    product_advance(p, INT64_C(11) * 3600 * 1000);
    struct asked asked = ask(p, cookie, true);
    CHECK_INT(asked.err, ERR_OK);
    CHECK_TEXT(asked.who.name, "mira");
    CHECK_TEXT(asked.who.display, "Mira Olsen");
    CHECK_TEXT(asked.who.role, "admin");
    CHECK_INT(asked.who.right, RIGHT_ADMIN);
    CHECK_INT(asked.who.expires_ms, p->clock.wall_ms + INT64_C(12) * 3600 * 1000);
    settle(p);
    product_advance(p, INT64_C(12) * 3600 * 1000 - 1);
    CHECK_INT(ask(p, cookie, true).err, ERR_OK);
    settle(p);
    product_advance(p, INT64_C(12) * 3600 * 1000);
    CHECK_INT(ask(p, cookie, true).err, ERR_EXPIRED);
    product_free(p);
}

static void with_stay_it_is_good_for_30_days(void)
{
    struct product *p = with_mira();
    struct actor nobody = actor_nobody();
    struct answer_got *got =
        product_call(p, &nobody, "session.login",
                     "{\"name\":\"mira\",\"password\":\"" PASSWORD "\",\"stay\":true}");
    CHECK_INT(got->cookie_age_s, 30 * 24 * 3600);
    CHECK_INT(got_int(got, "expires"), p->clock.wall_ms + INT64_C(30) * 24 * 3600 * 1000);
    char cookie[64];
    (void)snprintf(cookie, sizeof cookie, "%s", got->cookie);
    product_advance(p, INT64_C(29) * 24 * 3600 * 1000);
    CHECK_INT(ask(p, cookie, true).err, ERR_OK);
    settle(p);
    product_advance(p, INT64_C(24) * 3600 * 1000);
    CHECK_INT(ask(p, cookie, true).err, ERR_EXPIRED);
    product_free(p);
}

static void a_made_up_cookie_is_refused(void)
{
    struct product *p = with_mira();
    CHECK_INT(ask(p, "", true).err, ERR_UNAUTHORIZED);
    CHECK_INT(ask(p, "short", true).err, ERR_UNAUTHORIZED);
    CHECK_INT(ask(p, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", true).err, ERR_UNAUTHORIZED);
    product_free(p);
}

static void only_a_hash_of_the_secret_is_stored(void)
{
    struct product *p = with_mira();
    char found[64], sql[200], cookie[64];
    (void)snprintf(cookie, sizeof cookie, "%s", log_in(p, "mira", PASSWORD)->cookie);
    (void)snprintf(sql, sizeof sql,
                   "SELECT count(*) FROM session WHERE secret_hash = CAST('%s' AS BLOB)", cookie);
    CU_ASSERT_TRUE(test_look(p->folder.path, sql, found));
    CHECK_TEXT(found, "0");
    CU_ASSERT_TRUE(test_look(
        p->folder.path, "SELECT substr(password, 1, 30) FROM user WHERE name = 'mira'", found));
    CHECK_TEXT(found, "$argon2id$v=19$m=19456,t=2,p=1");
    product_free(p);
}

static void log_out_ends_this_session_and_no_other(void)
{
    struct product *p = with_mira();
    char first[64], second[64];
    (void)snprintf(first, sizeof first, "%s", log_in(p, "mira", PASSWORD)->cookie);
    (void)snprintf(second, sizeof second, "%s", log_in(p, "mira", PASSWORD)->cookie);
    struct asked asked = ask(p, first, true);
    struct actor me = actor_admin(asked.who.user_id);
    me.session_id = asked.who.session_id;
    struct answer_got *got = product_call(p, &me, "session.logout", "{}");
    CHECK_INT(got->err, ERR_OK);
    CHECK_TEXT(got->json, "{}");
    CHECK_INT(got->cookie_age_s, -1); /* the door deletes the cookie */
    CHECK_INT(p->closed_user, me.user_id);
    CHECK_INT(p->closed_session, me.session_id);
    CHECK_INT(ask(p, first, true).err, ERR_UNAUTHORIZED);
    CHECK_INT(ask(p, second, true).err, ERR_OK);
    product_free(p);
}

static void own_sessions_are_listed_and_revoked(void)
{
    struct product *p = with_mira();
    int64_t ana = product_person(p, "ana");
    char cookie[64];
    CHECK_INT(log_in(p, "mira", PASSWORD)->err, ERR_OK);
    (void)snprintf(cookie, sizeof cookie, "%s", log_in(p, "mira", PASSWORD)->cookie);
    struct asked asked = ask(p, cookie, true);
    struct actor me = actor_admin(asked.who.user_id), other = actor_user(ana);
    me.session_id = asked.who.session_id;
    struct answer_got *got = product_call(p, &me, "session.list", "{}");
    CHECK_INT(got_count(got, "sessions"), 2); /* the first and this */
    CHECK_TEXT(got_text(got, "sessions.0.this"), "true");
    CHECK_TEXT(got_text(got, "sessions.0.client"), "Test, Linux");
    CHECK_TEXT(got_text(got, "sessions.0.address"), "127.0.0.1");
    CHECK_TEXT(got_text(got, "sessions.1.this"), "false");
    int64_t first_session = got_int(got, "sessions.1.id");

    got = product_call(p, &other, "session.revoke", "{\"id\":\"%lld\"}", (long long)first_session);
    CHECK_INT(got->code, 103); /* another's */
    got = product_call(p, &me, "session.revoke", "{\"id\":\"999\"}");
    CHECK_INT(got->code, 103);
    CHECK_TEXT(got->field, "id");
    got = product_call(p, &me, "session.revoke", "{\"id\":\"%lld\"}", (long long)first_session);
    CHECK_INT(got->err, ERR_OK);
    CHECK_INT(got->cookie_age_s, 0); /* not this one's cookie */
    CHECK_INT(p->closed_session, first_session);
    CHECK_INT(got_count(product_call(p, &me, "session.list", "{}"), "sessions"), 1);
    product_free(p);
}

static void me_is_the_user_and_the_session(void)
{
    struct product *p = with_mira();
    char cookie[64];
    (void)snprintf(cookie, sizeof cookie, "%s", log_in(p, "mira", PASSWORD)->cookie);
    struct asked asked = ask(p, cookie, true);
    struct actor me = actor_admin(asked.who.user_id);
    struct answer_got *got = product_call(p, &me, "user.me", "{}");
    CHECK_TEXT(got_text(got, "user.name"), "mira");
    CHECK_TEXT(got_text(got, "session"), "(absent)"); /* a token without sid */
    me.session_id = asked.who.session_id;
    product_advance(p, INT64_C(3600) * 1000);
    got = product_call(p, &me, "user.me", "{}");
    CHECK_TEXT(got_text(got, "session.this"), "true");
    settle(p); /* asking is use: the end moved */
    got = product_call(p, &me, "user.me", "{}");
    CHECK_INT(got_int(got, "session.seen"), p->clock.wall_ms);
    CHECK_INT(got_int(got, "session.expires"), p->clock.wall_ms + INT64_C(12) * 3600 * 1000);
    struct actor gone = actor_user(4711);
    CHECK_INT(product_call(p, &gone, "user.me", "{}")->code, 101);
    product_free(p);
}

static void a_person_keeps_at_most_100_sessions(void)
{
    struct product *p = with_mira();
    CHECK_INT(test_sql(p->store,
                       "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n "
                       "WHERE i < 150) INSERT INTO session SELECT NULL, 2, randomblob(32), "
                       "'', '', 0, 0, 0, 4102444800000 FROM n"),
              ERR_OK);
    char cookie[64], found[64];
    (void)snprintf(cookie, sizeof cookie, "%s", log_in(p, "mira", PASSWORD)->cookie);
    CU_ASSERT_TRUE(test_look(p->folder.path, "SELECT count(*) FROM session", found));
    CHECK_TEXT(found, "100");
    CHECK_INT(ask(p, cookie, true).err, ERR_OK); /* the oldest go, not the new one */
    product_free(p);
}

/* ---- tokens */

static void the_token_of_a_log_in_ends_with_its_session(void)
{
    struct product *p = with_mira();
    struct answer_got *got = log_in(p, "mira", PASSWORD);
    char token[1024];
    (void)snprintf(token, sizeof token, "%s", got_text(got, "token"));
    struct asked asked = ask(p, token, false);
    CHECK_INT(asked.err, ERR_OK);
    CHECK_INT(asked.who.right, RIGHT_ADMIN);
    CU_ASSERT_TRUE(asked.who.session_id > 0);
    struct actor me = actor_admin(asked.who.user_id);
    me.session_id = asked.who.session_id;
    CHECK_INT(product_call(p, &me, "session.logout", "{}")->err, ERR_OK);
    CHECK_INT(ask(p, token, false).err, ERR_UNAUTHORIZED);
    product_free(p);
}

static void a_token_by_hand_is_good_until_it_expires(void)
{
    struct product *p = product_new();
    int64_t ana = product_person(p, "ana");
    struct actor local = actor_local(), admin = actor_admin(1);
    struct answer_got *got =
        product_call(p, &local, "token.make", "{\"name\":\"ana\",\"ttl_s\":60}");
    CHECK_INT(got->err, ERR_OK);
    char token[1024];
    (void)snprintf(token, sizeof token, "%s", got_text(got, "token"));
    struct asked asked = ask(p, token, false);
    CHECK_INT(asked.err, ERR_OK);
    CHECK_INT(asked.who.user_id, ana);
    CHECK_INT(asked.who.session_id, 0);
    CHECK_INT(asked.who.expires_ms, p->clock.wall_ms + 60000);
    product_close(p); /* over a restart with the same secret */
    product_open(p);
    CHECK_INT(ask(p, token, false).err, ERR_OK);
    product_advance(p, 61000);
    CHECK_INT(ask(p, token, false).err, ERR_TOKEN_EXPIRED);
    CHECK_INT(ask(p, "not.a.token", false).err, ERR_BAD_TOKEN);
    CHECK_INT(product_call(p, &local, "token.make", "{\"name\":\"bob\"}")->code, 103);
    CHECK_INT(product_call(p, &admin, "token.make", "{\"name\":\"ana\"}")->code, 104);
    product_free(p);
}

static void after_stop_a_log_in_is_not_available(void)
{
    struct product *p = with_mira();
    accounts_stop(p->accounts);
    p->tasks =
        task_queue_free(p->tasks); /* readers still run: what they finish must not reach it */
    CHECK_INT(log_in(p, "mira", PASSWORD)->code, 108);
    CHECK_INT(set_up(p)->code, 108);
    product_free(p);
}

static void inactive_people_are_nobody(void)
{
    struct product *p = with_mira();
    struct answer_got *got = log_in(p, "mira", PASSWORD);
    char cookie[64], token[1024];
    (void)snprintf(cookie, sizeof cookie, "%s", got->cookie);
    (void)snprintf(token, sizeof token, "%s", got_text(got, "token"));
    CHECK_INT(test_sql(p->store, "UPDATE user SET active = 0 WHERE name = 'mira'"), ERR_OK);
    CHECK_INT(ask(p, cookie, true).err, ERR_UNAUTHORIZED);
    CHECK_INT(ask(p, token, false).err, ERR_UNAUTHORIZED);
    CHECK_INT(log_in(p, "mira", PASSWORD)->code, 101);
    product_free(p);
}

UNIT("accounts/session", CASE(set_up_makes_the_admin_the_session_and_the_first_invite),
     CASE(set_up_works_once_and_only_with_its_secret), CASE(an_admin_made_by_hand_ends_set_up_too),
     CASE(bad_parameters_name_their_field),
     CASE(name_or_display_without_case_and_the_password_log_in),
     CASE(a_display_of_two_people_does_not_log_in),
     CASE(wrong_name_and_wrong_password_sound_the_same),
     CASE(ten_wrong_passwords_make_the_account_wait),
     CASE(a_cookie_is_good_for_12_hours_after_its_last_use), CASE(with_stay_it_is_good_for_30_days),
     CASE(a_made_up_cookie_is_refused), CASE(only_a_hash_of_the_secret_is_stored),
     CASE(log_out_ends_this_session_and_no_other), CASE(own_sessions_are_listed_and_revoked),
     CASE(me_is_the_user_and_the_session), CASE(a_person_keeps_at_most_100_sessions),
     CASE(the_token_of_a_log_in_ends_with_its_session),
     CASE(a_token_by_hand_is_good_until_it_expires), CASE(inactive_people_are_nobody),
     CASE(after_stop_a_log_in_is_not_available))
