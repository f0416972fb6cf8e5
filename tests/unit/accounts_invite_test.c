/* Invite links from their making to their end, people added by hand, and who may do what. */
#include "product.h"
#include "unit.h"

#define PASSWORD "correct horse battery"

static struct answer_got *join(struct product *p, const char *code, const char *display)
{
    struct actor nobody = actor_nobody();
    return product_call(p, &nobody, "place.join",
                        "{\"code\":\"%s\",\"display\":\"%s\",\"password\":\"" PASSWORD "\"}", code,
                        display);
}

/* Makes one; its code in out. */
static int64_t invite(struct product *p, int64_t admin, const char *params, char out[64])
{
    struct actor actor = actor_admin(admin);
    struct answer_got *got = product_call(p, &actor, "invite.create", "%s", params);
    CHECK_INT(got->err, ERR_OK);
    const char *hash = strchr(got_text(got, "url"), '#');
    CU_ASSERT_PTR_NOT_NULL_FATAL(hash);
    (void)snprintf(out, 64, "%s", hash + 1);
    return got_int(got, "id");
}

static void an_invite_lets_as_many_in_as_it_says(void)
{
    struct product *p = product_new();
    int64_t admin = product_admin(p, "root");
    char code[64];
    invite(p, admin, "{\"uses\":2}", code);
    CHECK_INT(strlen(code), 22);
    struct answer_got *got = join(p, code, "Ana Maria");
    CHECK_INT(got->err, ERR_OK);
    CHECK_TEXT(got_text(got, "user.name"), "ana");
    CHECK_TEXT(got_text(got, "user.role"), "member");
    CHECK_INT(strlen(got->cookie), 43);
    CU_ASSERT_TRUE(strlen(got_text(got, "token")) > 40);

    char dashed[80]; /* as somebody would read it out */
    (void)snprintf(dashed, sizeof dashed, "%.5s-%.5s-%.6s-%s", code, code + 5, code + 10,
                   code + 16);
    CHECK_TEXT(got_text(join(p, dashed, "Ana Two"), "user.name"), "ana2");
    got = join(p, code, "Late");
    CHECK_INT(got->code, 400);
    CHECK_TEXT(got->field, "code");
    product_free(p);
}

static void an_invite_ends_with_its_time_and_when_revoked(void)
{
    struct product *p = product_new();
    int64_t admin = product_admin(p, "root");
    struct actor actor = actor_admin(admin);
    char code[64], other[64];
    invite(p, admin, "{\"ttl_s\":1}", code);
    int64_t id = invite(p, admin, "{}", other);

    struct answer_got *got = product_call(p, &actor, "invite.list", "{}");
    CHECK_INT(got_count(got, "invites"), 2);
    CHECK_INT(got_int(got, "invites.0.id"), id);
    CHECK_INT(got_int(got, "invites.0.uses"), 25);
    CHECK_INT(got_int(got, "invites.0.used"), 0);
    CHECK_INT(got_int(got, "invites.0.expires"), p->clock.wall_ms + INT64_C(7) * 24 * 3600 * 1000);
    CHECK_TEXT(got_text(got, "invites.0.created_by.name"), "root");

    product_advance(p, 60000);
    CHECK_INT(join(p, code, "Late")->code, 400);
    CHECK_INT(got_count(product_call(p, &actor, "invite.list", "{}"), "invites"), 1);
    CHECK_INT(product_call(p, &actor, "invite.revoke", "{\"id\":\"%lld\"}", (long long)id)->err,
              ERR_OK);
    got = join(p, other, "Late");
    CHECK_INT(got->code, 400);
    CHECK_TEXT(got->field, "code");
    CHECK_INT(product_call(p, &actor, "invite.revoke", "{\"id\":\"%lld\"}", (long long)id)->code,
              103);
    product_free(p);
}

static void a_taken_name_uses_up_nothing(void)
{
    struct product *p = product_new();
    int64_t admin = product_admin(p, "root");
    struct actor nobody = actor_nobody();
    char code[64];
    invite(p, admin, "{\"uses\":1}", code);
    struct answer_got *got = product_call(p, &nobody, "place.join",
                                          "{\"code\":\"%s\",\"display\":\"R\",\"name\":\"root\","
                                          "\"password\":\"" PASSWORD "\"}",
                                          code);
    CHECK_INT(got->code, 400);
    CHECK_TEXT(got->field, "name");
    CHECK_INT(join(p, code, "Ana")->err, ERR_OK);
    product_free(p);
}

static void guessing_codes_makes_the_address_wait(void)
{
    struct product *p = product_new();
    (void)product_admin(p, "root");
    for (int i = 0; i < 10; i++)
        CHECK_INT(join(p, "AAAAAAAAAAAAAAAAAAAAAA", "Guess")->code, 400);
    CHECK_INT(join(p, "AAAAAAAAAAAAAAAAAAAAAA", "Guess")->code, 111);
    product_free(p);
}

static void bad_input_names_its_field(void)
{
    static const struct {
        const char *method, *params, *field;
        int code;
    } cases[] = {
        {"invite.create", "{\"uses\":0}", "uses", 107},
        {"invite.create", "{\"uses\":101}", "uses", 107},
        {"invite.create", "{\"uses\":\"5\"}", "uses", 107},
        {"invite.create", "{\"ttl_s\":0}", "ttl_s", 107},
        {"invite.revoke", "{}", "id", 107},
        {"invite.revoke", "{\"id\":\"x\"}", "id", 107},
        {"place.join", "{\"display\":\"A\",\"password\":\"" PASSWORD "\"}", "code", 107},
        {"place.join", "{\"code\":\"short\",\"display\":\"A\",\"password\":\"" PASSWORD "\"}",
         "code", 400},
        {"place.join",
         "{\"code\":\"AAAAAAAAAAAAAAAAAAAAAA\",\"display\":\"A\",\"password\":\"elevenchars\"}",
         "password", 107},
        {"session.login", "{\"password\":\"x\"}", "name", 107},
        {"session.login", "{\"name\":\"root\"}", "password", 107},
        {"session.login", "{\"name\":\"root\",\"password\":\"x\",\"stay\":1}", "stay", 107},
        {"session.revoke", "{\"id\":\"-1\"}", "id", 107},
        {"user.list", "{\"limit\":0}", "limit", 107},
        {"user.list", "{\"limit\":501}", "limit", 107},
        {"user.list", "{\"after\":\"0\"}", "after", 107},
    };
    struct product *p = product_new();
    struct actor admin = actor_admin(product_admin(p, "root"));
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct answer_got *got =
            product_call_text(p, &admin, cases[i].method, text_of(cases[i].params));
        CHECK_INT(got->code, cases[i].code);
        CHECK_TEXT(got->field, cases[i].field);
    }
    product_free(p);
}

/* Who may call what: 0 the call works or fails for its own reasons, else the code at the door. */
static void each_method_has_its_right(void)
{
    static const struct {
        const char *method, *params;
        int nobody, user, admin;
    } cases[] = {
        {"place.get", "{}", 0, 0, 0},
        {"invite.create", "{}", 101, 103, 0},
        {"invite.list", "{}", 101, 103, 0},
        {"invite.revoke", "{\"id\":\"1\"}", 101, 103, 0},
        {"session.logout", "{}", 101, 0, 0},
        {"session.list", "{}", 101, 0, 0},
        {"user.me", "{}", 101, 0, 0},
        {"user.list", "{}", 101, 0, 0},
        {"user.erase", "{\"user\":\"2\",\"messages\":\"keep\"}", 101, 103, 400},
        {"user.add", "{\"name\":\"x\"}", 104, 104, 104},
        {"token.make", "{\"name\":\"ana\"}", 104, 104, 104},
    };
    struct product *p = product_new();
    struct actor admin = actor_admin(product_admin(p, "root"));
    struct actor user = actor_user(product_person(p, "ana"));
    struct actor nobody = actor_nobody();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct text params = text_of(cases[i].params);
        CHECK_INT(product_call_text(p, &nobody, cases[i].method, params)->code, cases[i].nobody);
        CHECK_INT(product_call_text(p, &user, cases[i].method, params)->code, cases[i].user);
        CHECK_INT(product_call_text(p, &admin, cases[i].method, params)->code, cases[i].admin);
    }
    product_free(p);
}

static void people_are_listed_by_pages_in_the_order_of_their_ids(void)
{
    struct product *p = product_new();
    struct actor ana = actor_user(product_person(p, "ana"));
    for (int i = 0; i < 5; i++) {
        char name[16];
        (void)snprintf(name, sizeof name, "p%d", i);
        (void)product_person(p, name);
    }
    struct answer_got *got = product_call(p, &ana, "user.list", "{\"limit\":3}");
    CHECK_INT(got_count(got, "users"), 3);
    CHECK_TEXT(got_text(got, "users.0.name"), "nook"); /* the agent is one of them */
    CHECK_TEXT(got_text(got, "users.0.role"), "agent");
    CHECK_TEXT(got_text(got, "more"), "true");
    got = product_call(p, &ana, "user.list", "{\"limit\":4,\"after\":\"%s\"}",
                       got_text(got, "users.2.id"));
    CHECK_INT(got_count(got, "users"), 4);
    CHECK_TEXT(got_text(got, "users.3.name"), "p4");
    CHECK_TEXT(got_text(got, "more"), "false");
    product_free(p);
}

static void people_by_hand_can_log_in_at_once(void)
{
    struct product *p = product_new();
    struct actor local = actor_local(), nobody = actor_nobody();
    struct answer_got *got =
        product_call(p, &local, "user.add", "{\"name\":\"ana\",\"password\":\"" PASSWORD "\"}");
    CHECK_INT(got->err, ERR_OK);
    CHECK_TEXT(got_text(got, "user.display"), "ana");
    CHECK_TEXT(got_text(got, "user.role"), "member");
    CHECK_INT(product_call(p, &nobody, "session.login",
                           "{\"name\":\"ana\",\"password\":\"" PASSWORD "\"}")
                  ->err,
              ERR_OK);
    got = product_call(p, &local, "user.add", "{\"name\":\"ana\"}");
    CHECK_INT(got->code, 400);
    CHECK_TEXT(got->field, "name");
    CHECK_INT(product_call(p, &local, "user.add", "{\"name\":\"b\",\"password\":\"short\"}")->code,
              107);
    product_free(p);
}

UNIT("accounts/invite", CASE(an_invite_lets_as_many_in_as_it_says),
     CASE(an_invite_ends_with_its_time_and_when_revoked), CASE(a_taken_name_uses_up_nothing),
     CASE(guessing_codes_makes_the_address_wait), CASE(bad_input_names_its_field),
     CASE(each_method_has_its_right), CASE(people_are_listed_by_pages_in_the_order_of_their_ids),
     CASE(people_by_hand_can_log_in_at_once))
