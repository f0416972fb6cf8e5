/* Who changes a password, what it takes, and which log-ins end with it. */
#include "accounts/password.h"
#include "product.h"
#include "unit.h"

#define PASSWORD "correct horse battery"
#define ANOTHER "staple of another kind"

static struct answer_got *log_in(struct product *p, const char *name, const char *password)
{
    struct actor nobody = actor_nobody();
    return product_call(p, &nobody, "session.login", "{\"name\":\"%s\",\"password\":\"%s\"}", name,
                        password);
}

/* Mira, an admin (user 2), and Ana (user 3), with the same password; Eve (user 4), who is not active. */
static struct product *with_people(void)
{
    static char stored[PASSWORD_SIZE];
    struct product *p = product_new();
    char sql[512];
    if (!stored[0])
        must(password_hash(TEXT(PASSWORD), stored) == ERR_OK);
    (void)snprintf(sql, sizeof sql,
                   "INSERT INTO user (name, display, role, password, active, created_ms) VALUES "
                   "('mira', 'Mira', 'admin', '%s', 1, 0), ('ana', 'Ana', 'member', '%s', 1, 0), "
                   "('eve', 'Eve', 'member', '', 0, 0)",
                   stored, stored);
    CHECK_INT(test_sql(p->store, sql), ERR_OK);
    return p;
}

static struct answer_got *change(struct product *p, const struct actor *who, const char *old,
                                 const char *password)
{
    return product_call(p, who, "user.password", "{\"old\":\"%s\",\"password\":\"%s\"}", old,
                        password);
}

static void the_own_one_takes_the_old_one_and_ends_all_other_log_ins(void)
{
    struct product *p = with_people();
    struct actor ana = actor_user(3);
    CHECK_INT(log_in(p, "ana", PASSWORD)->err, ERR_OK);
    CHECK_INT(log_in(p, "ana", PASSWORD)->err, ERR_OK);
    ana.session_id = got_int(product_call(p, &ana, "session.list", "{}"), "sessions.0.id");
    int64_t other = got_int(product_call(p, &ana, "session.list", "{}"), "sessions.1.id");
    CHECK_INT(log_in(p, "mira", PASSWORD)->err, ERR_OK);

    struct answer_got *got = change(p, &ana, "not her password", ANOTHER);
    CHECK_INT(got->code, 107);
    CHECK_TEXT(got->field, "old");
    got = change(p, &ana, PASSWORD, "too short");
    CHECK_INT(got->code, 107);
    CHECK_TEXT(got->field, "password");
    CHECK_INT(got_count(product_call(p, &ana, "session.list", "{}"), "sessions"), 2);
    CHECK_INT(log_in(p, "ana", ANOTHER)->code, 101);

    CHECK_INT(change(p, &ana, PASSWORD, ANOTHER)->err, ERR_OK);
    CHECK_INT(p->closed_user, 3);
    CHECK_INT(p->closed_session, other);
    CHECK_INT(got_count(product_call(p, &ana, "session.list", "{}"), "sessions"), 1);
    CHECK_INT(log_in(p, "ana", PASSWORD)->code, 101);
    CHECK_INT(log_in(p, "ana", ANOTHER)->err, ERR_OK);
    CHECK_INT(log_in(p, "mira", PASSWORD)->err, ERR_OK); /* hers is hers */
    struct actor mira = actor_admin(2);
    CHECK_INT(got_count(product_call(p, &mira, "session.list", "{}"), "sessions"), 2);
    product_free(p);
}

static void guessing_the_old_one_is_slowed_as_a_log_in_is(void)
{
    struct product *p = with_people();
    struct actor ana = actor_user(3);
    struct answer_got *got = NULL;
    for (int i = 0; i < 10; i++)
        CHECK_INT(change(p, &ana, "not her password", ANOTHER)->code, 107);
    got = change(p, &ana, PASSWORD, ANOTHER);
    CHECK_INT(got->code, 111);
    CU_ASSERT_TRUE(got->retry_ms > 0);
    CHECK_INT(log_in(p, "ana", PASSWORD)->code, 111);
    product_free(p);
}

static void who_is_no_person_here_has_none(void)
{
    struct product *p = with_people();
    struct actor stranger = actor_user(4711), eve = actor_user(4);
    CHECK_INT(change(p, &stranger, PASSWORD, ANOTHER)->code, 101);
    CHECK_INT(change(p, &eve, PASSWORD, ANOTHER)->code, 101);
    product_free(p);
}

static void an_admin_gives_another_and_all_log_ins_end(void)
{
    struct product *p = with_people();
    struct actor mira = actor_admin(2), ana = actor_user(3);
    CHECK_INT(log_in(p, "ana", PASSWORD)->err, ERR_OK);
    CHECK_INT(log_in(p, "ana", PASSWORD)->err, ERR_OK);

    struct answer_got *got = product_call(p, &mira, "user.reset", "{\"user\":\"ana\"}");
    CHECK_INT(got->err, ERR_OK);
    CHECK_TEXT(got_text(got, "user.name"), "ana");
    char made[64];
    (void)snprintf(made, sizeof made, "%s", got_text(got, "password"));
    CHECK_INT(strlen(made), 22);
    CHECK_INT(p->closed_user, 3);
    CHECK_INT(got_count(product_call(p, &ana, "session.list", "{}"), "sessions"), 0);
    CHECK_INT(log_in(p, "ana", PASSWORD)->code, 101);
    CHECK_INT(log_in(p, "ana", made)->err, ERR_OK);

    got = product_call(p, &mira, "user.reset", "{\"user\":\"3\",\"password\":\"" ANOTHER "\"}");
    CHECK_INT(got->err, ERR_OK);
    CHECK_TEXT(got_text(got, "password"), "(absent)"); /* who gave it knows it */
    CHECK_INT(log_in(p, "ana", made)->code, 101);
    CHECK_INT(log_in(p, "ana", ANOTHER)->err, ERR_OK);
    product_free(p);
}

static void a_reset_that_is_wrong_changes_nothing(void)
{
    static const struct {
        const char *params;
        int code;
        const char *field;
    } rows[] = {
        {"{\"user\":\"nobody\"}", 103, "user"},
        {"{\"user\":\"nook\"}", 107, "user"}, /* an agent */
        {"{\"user\":\"eve\"}", 107, "user"},  /* not active */
        {"{\"user\":\"ana\",\"password\":\"too short\"}", 107, "password"},
        {"{\"user\":\"ana\",\"password\":\"\"}", 107, "password"},
        {"{}", 107, "user"},
    };
    struct product *p = with_people();
    struct actor mira = actor_admin(2), ana = actor_user(3), demoted = actor_admin(3);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct answer_got *got = product_call(p, &mira, "user.reset", "%s", rows[i].params);
        CHECK_INT(got->code, rows[i].code);
        CHECK_TEXT(got->field, rows[i].field);
    }
    CHECK_INT(product_call(p, &ana, "user.reset", "{\"user\":\"mira\"}")->code, 103);
    /* an admin no more, in the job itself */
    CHECK_INT(product_call(p, &demoted, "user.reset", "{\"user\":\"mira\"}")->code, 103);
    CHECK_INT(log_in(p, "ana", PASSWORD)->err, ERR_OK);
    CHECK_INT(log_in(p, "mira", PASSWORD)->err, ERR_OK);
    product_free(p);
}

UNIT("accounts/password", CASE(the_own_one_takes_the_old_one_and_ends_all_other_log_ins),
     CASE(guessing_the_old_one_is_slowed_as_a_log_in_is), CASE(who_is_no_person_here_has_none),
     CASE(an_admin_gives_another_and_all_log_ins_end), CASE(a_reset_that_is_wrong_changes_nothing))
