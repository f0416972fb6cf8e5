/* Guards: a name finds its method and its room's object; a handler's slip of a parameter's name cannot go unseen. */
#include "base/method.h"

#include "death.h"
#include "unit.h"

static void nothing(void *ctx, const struct actor *actor, const struct args *args,
                    struct reply reply)
{
    (void)ctx;
    (void)actor;
    (void)args;
    reply_json(reply, TEXT("{}"));
}

static const struct param params[] = {{.name = "text", .type = PARAM_TEXT},
                                      {.name = "limit", .type = PARAM_INT}};
static const struct method some[] = {{"message.send", RIGHT_USER, 1, params, 2, nothing},
                                     {"message.list", RIGHT_USER, 0, NULL, 0, nothing}};
static const struct method others[] = {{"room.list", RIGHT_USER, 0, NULL, 0, nothing}};

static void names_find_their_method_and_object(void)
{
    int chat, rooms;
    void *ctx = NULL;
    struct method_table t = {0};
    method_table_add(&t, (struct method_set){some, 2, &chat});
    method_table_add(&t, (struct method_set){others, 1, &rooms});
    CU_ASSERT_PTR_EQUAL(method_find(&t, TEXT("message.list"), &ctx), &some[1]);
    CU_ASSERT_PTR_EQUAL(ctx, &chat);
    CU_ASSERT_PTR_EQUAL(method_find(&t, TEXT("room.list"), &ctx), &others[0]);
    CU_ASSERT_PTR_EQUAL(ctx, &rooms);
    static const char *const wrong[] = {
        "", "message", "message.", "message.lis", "message.listx", "Message.list"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        CU_ASSERT_PTR_NULL(method_find(&t, text_of(wrong[i]), &ctx));
}

static void add_too_many(void)
{
    struct method_table t = {0};
    for (int i = 0; i <= METHOD_SETS_MAX; i++)
        method_table_add(&t, (struct method_set){some, 2, NULL});
}

static struct args args_of(void)
{
    struct args a = {.method = &some[0]};
    a.at[0] = (struct arg){.given = true, .text = TEXT("hi")};
    a.at[1] = (struct arg){.number = 50};
    return a;
}

static void arguments_are_found_by_name(void)
{
    struct args a = args_of();
    CU_ASSERT_TRUE(text_is(args_text(&a, "text"), TEXT("hi")));
    CU_ASSERT_TRUE(args_given(&a, "text"));
    CHECK_INT(args_int(&a, "limit"), 50);
    CU_ASSERT_FALSE(args_given(&a, "limit"));
}

static void ask_for_a_foreign_one(void)
{
    struct args a = args_of();
    (void)args_get(&a, "txet");
}

static void slips_of_the_program_abort(void)
{
    CU_ASSERT_TRUE(
        death_aborts(ask_for_a_foreign_one, "a handler asks for a declared parameter at txet"));
    CU_ASSERT_TRUE(death_aborts(add_too_many, "METHOD_SETS_MAX"));
}

static struct outcome seen;
static uint64_t seen_id;

static void keep(struct reply r, const struct outcome *o)
{
    seen = *o;
    seen_id = r.id;
}

static void replies_carry_their_outcome(void)
{
    struct reply r = {NULL, 1, 9, keep};
    reply_json(r, TEXT("{\"a\":1}"));
    CHECK_INT(seen.err, ERR_OK);
    CU_ASSERT_TRUE(text_is(seen.json, TEXT("{\"a\":1}")));
    reply_error(r, ERR_BUSY);
    CHECK_INT(seen.err, ERR_BUSY);
    CHECK_INT(seen.message.len + seen.field.len + seen.json.len, 0);
    reply_fault(r, ERR_CONFLICT, "name", "name is taken.");
    CHECK_INT(seen.err, ERR_CONFLICT);
    CU_ASSERT_TRUE(text_is(seen.field, TEXT("name")));
    CU_ASSERT_TRUE(text_is(seen.message, TEXT("name is taken.")));
    reply_fault(r, ERR_CONFLICT, NULL, "It is over.");
    CHECK_INT(seen.field.len, 0);
    CHECK_INT(seen_id, 9);
}

UNIT("base/method", CASE(names_find_their_method_and_object), CASE(arguments_are_found_by_name),
     CASE(slips_of_the_program_abort), CASE(replies_carry_their_outcome))
