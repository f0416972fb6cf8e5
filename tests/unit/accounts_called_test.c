/* Guards: what somebody is called changes for them alone or by an admin, is told once, and what they were called is kept for an
 * erasure and goes with it. */
#include "product.h"
#include "unit.h"

/* Mira, an admin (user 2), Ana (user 3); Eve (user 4), who is not active. */
static struct product *with_people(void)
{
    struct product *p = product_new();
    CHECK_INT(test_sql(p->store,
                       "INSERT INTO user (name, display, role, active, created_ms) VALUES "
                       "('mira', 'Mira', 'admin', 1, 0), ('ana', 'Ana', 'member', 1, 0), "
                       "('eve', 'Eve', 'member', 0, 0)"),
              ERR_OK);
    return p;
}

static struct answer_got *call(struct product *p, const struct actor *who, const char *display)
{
    return product_call(p, who, "user.update", "{\"display\":\"%s\"}", display);
}

static const char *look(struct product *p, const char *sql)
{
    static char text[64];
    CU_ASSERT_TRUE(test_look(p->folder.path, sql, text));
    return text;
}

#define FORMER                                                                                     \
    "SELECT coalesce(group_concat(user_id || display), '') FROM "                                  \
    "(SELECT * FROM former_display ORDER BY display)"

static void people_say_what_they_are_called(void)
{
    struct product *p = with_people();
    struct actor ana = actor_user(3);
    struct answer_got *got = call(p, &ana, "  Ana Lucia ");
    CHECK_INT(got->err, ERR_OK);
    CHECK_TEXT(got_text(got, "user.display"), "Ana Lucia");
    CHECK_TEXT(got_text(got, "user.name"), "ana");
    CHECK_TEXT(got_text(product_call(p, &ana, "user.me", "{}"), "user.display"), "Ana Lucia");
    CHECK_TEXT(look(p, FORMER), "3Ana");
    CHECK_INT(call(p, &ana, "Ana Lucia")->err, ERR_OK); /* the same: nothing happens */
    CHECK_TEXT(look(p, FORMER), "3Ana");
    CHECK_INT(call(p, &ana, "Ana")->err, ERR_OK);
    CHECK_TEXT(look(p, FORMER), "3Ana,3Ana Lucia");
    product_free(p);
}

static void an_admin_may_say_it_of_others(void)
{
    struct product *p = with_people();
    struct actor mira = actor_admin(2), ana = actor_user(3);
    static const char params[] = "{\"user\":\"%s\",\"display\":\"Someone\"}";
    CHECK_INT(product_call(p, &ana, "user.update", params, "mira")->code, 103);
    CHECK_INT(product_call(p, &ana, "user.update", params, "ana")->code, 103);
    struct answer_got *got = product_call(p, &mira, "user.update", params, "nobody.here");
    CHECK_INT(got->code, 103);
    CHECK_TEXT(got->field, "user");
    CHECK_TEXT(product_call(p, &mira, "user.update", params, "eve")->field, "user");
    CHECK_INT(product_call(p, &mira, "user.update", params, "nook")->code, 107);
    CHECK_TEXT(look(p, FORMER), "");
    got = product_call(p, &mira, "user.update", params, "3");
    CHECK_TEXT(got_text(got, "user.name"), "ana");
    CHECK_TEXT(got_text(got, "user.display"), "Someone");
    product_free(p);
}

static void it_is_one_line_and_not_always_another(void)
{
    struct product *p = with_people();
    struct actor ana = actor_user(3);
    char display[8];
    CHECK_TEXT(call(p, &ana, "two\\nlines")->field, "display");
    CHECK_TEXT(call(p, &ana, " ")->field, "display");
    for (int i = 1; i <= 20; i++) {
        (void)snprintf(display, sizeof display, "Ana %d", i);
        CHECK_INT(call(p, &ana, display)->err, ERR_OK);
    }
    struct answer_got *got = call(p, &ana, "Ana 21");
    CHECK_INT(got->code, 400);
    CHECK_TEXT(got->field, "display");
    CHECK_TEXT(got_text(product_call(p, &ana, "user.me", "{}"), "user.display"), "Ana 20");
    product_free(p);
}

static void an_erasure_knows_all_of_it_and_keeps_none(void)
{
    struct product *p = with_people();
    struct actor mira = actor_admin(2), ana = actor_user(3);
    CHECK_INT(call(p, &ana, "Ana Lucia")->err, ERR_OK);
    CHECK_INT(call(p, &ana, "Lucia")->err, ERR_OK);
    CHECK_INT(product_call(p, &mira, "user.erase", "{\"user\":\"3\",\"messages\":\"keep\"}")->err,
              ERR_OK);
    CHECK_TEXT(look(p, "SELECT replace(display, char(10), '|') FROM erasure"),
               "Lucia|Ana|Ana Lucia");
    CHECK_TEXT(look(p, FORMER), "");
    CHECK_INT(call(p, &ana, "Back")->code, 101);
    product_free(p);
}

UNIT("accounts/called", CASE(people_say_what_they_are_called), CASE(an_admin_may_say_it_of_others),
     CASE(it_is_one_line_and_not_always_another), CASE(an_erasure_knows_all_of_it_and_keeps_none))
