/* Guards: no handler runs without the right, and none sees a parameter outside its table's promises; the answer names
 * what was wrong, and comes exactly once. */
#include "wire/call.h"

#include "fault.h"
#include "unit.h"

/* ---- a product with one method of each right, and one with each type */

static struct {
    int calls; /* of handlers */
    void *ctx;
    struct arg at[ARGS_MAX];
    char text[100], raw[100], items[200];
    int answers;
    int64_t retry_ms;
    enum err err;
    char message[200], field[40];
} seen;

static void handler(void *ctx, const struct actor *actor, const struct args *args,
                    struct reply reply)
{
    (void)actor;
    seen.calls++;
    seen.ctx = ctx;
    memcpy(seen.at, args->at, sizeof seen.at);
    if (args->method->params_count > 0) {
        (void)text_copy(seen.text, sizeof seen.text, args_text(args, "text"));
        (void)text_copy(seen.raw, sizeof seen.raw, args_text(args, "key"));
        const struct arg *names = args_get(args, "names");
        seen.items[0] = 0;
        for (size_t i = 0; i < names->count; i++) {
            (void)strncat(seen.items, names->items[i].data, names->items[i].len);
            (void)strncat(seen.items, "|", 2);
        }
    }
    reply_json(reply, TEXT("{}"));
}

static const struct param params[] = {
    {.name = "text", .type = PARAM_TEXT, .required = true, .min = 1, .max = 10},
    {.name = "key", .type = PARAM_RAW, .min = 1, .max = 8},
    {.name = "room", .type = PARAM_ID},
    {.name = "limit", .type = PARAM_INT, .min = 1, .max = 200, .fallback = 50},
    {.name = "stay", .type = PARAM_BOOL, .fallback = 1},
    {.name = "names", .type = PARAM_TEXTS, .min = 1, .max = 3},
    {.name = "topic", .type = PARAM_TEXT, .min = 0, .max = 5},
};
enum { AT_TEXT, AT_KEY, AT_ROOM, AT_LIMIT, AT_STAY, AT_NAMES, AT_TOPIC };

static const struct param raw_params[] = {
    {.name = "data", .type = PARAM_JSON, .required = true, .min = 1, .max = 200},
    {.name = "since", .type = PARAM_OBJECT, .min = 2, .max = 50},
    {.name = "since.offset", .type = PARAM_INT, .required = true, .min = 0, .max = 9},
    {.name = "since.epoch", .type = PARAM_RAW, .min = 1, .max = 4},
    {.name = "limit", .type = PARAM_INT, .min = 1, .max = 200, .fallback = 50},
};
enum { AT_DATA, AT_SINCE, AT_OFFSET, AT_EPOCH, AT_COUNT };

/* "data|since|offset|epoch" */
static void raw_handler(void *ctx, const struct actor *actor, const struct args *args,
                        struct reply reply)
{
    (void)ctx;
    (void)actor;
    seen.calls++;
    memcpy(seen.at, args->at, sizeof seen.at);
    (void)snprintf(seen.items, sizeof seen.items, "%.*s|%.*s|%lld|%.*s",
                   TEXT_ARG(args_text(args, "data")), TEXT_ARG(args_text(args, "since")),
                   (long long)args_int(args, "since.offset"),
                   TEXT_ARG(args_text(args, "since.epoch")));
    reply_json(reply, TEXT("{}"));
}

static const struct param must_have_id[] = {{.name = "id", .type = PARAM_ID, .required = true}};

static void id_handler(void *ctx, const struct actor *actor, const struct args *args,
                       struct reply reply)
{
    (void)ctx;
    (void)actor;
    seen.at[0].number = args_int(args, "id");
    reply_json(reply, TEXT("{}"));
}

static const struct method methods[] = {
    {"all.types", RIGHT_ANY, 0, params, sizeof params / sizeof params[0], handler},
    {"all.raw", RIGHT_ANY, 0, raw_params, sizeof raw_params / sizeof raw_params[0], raw_handler},
    {"one.id", RIGHT_ANY, 0, must_have_id, 1, id_handler},
    {"for.any", RIGHT_ANY, 0, NULL, 0, handler},
    {"for.user", RIGHT_USER, 0, NULL, 0, handler},
    {"for.member", RIGHT_MEMBER, 0, NULL, 0, handler},
    {"for.owner", RIGHT_OWNER, 0, NULL, 0, handler},
    {"for.admin", RIGHT_ADMIN, 0, NULL, 0, handler},
    {"for.local", RIGHT_LOCAL, 0, NULL, 0, handler},
    {"for.price", RIGHT_USER, 2, NULL, 0, handler},
};
static struct method_table table = {.sets = {{methods, sizeof methods / sizeof methods[0], &seen}},
                                    .count = 1};

static void answered(struct reply r, const struct outcome *o)
{
    CU_ASSERT_PTR_EQUAL(r.owner, &seen);
    CHECK_INT(r.id, 77);
    seen.answers++;
    seen.err = o->err;
    seen.retry_ms = o->retry_ms;
    (void)text_copy(seen.message, sizeof seen.message, o->message.data ? o->message : TEXT_NONE);
    (void)text_copy(seen.field, sizeof seen.field, o->field.data ? o->field : TEXT_NONE);
}

static enum err call_as(const struct actor *actor, const char *name, struct text json)
{
    memset(&seen, 0, sizeof seen);
    method_call(&table, text_of(name), json, actor, (struct reply){&seen, 1, 77, answered});
    CHECK_INT(seen.answers, 1);
    return seen.err;
}

static enum err call(const char *json)
{
    static const struct actor nobody = {.right = RIGHT_ANY};
    return call_as(&nobody, "all.types", text_of(json));
}

/* ---- rights */

static void each_right_lets_in_whom_it_should(void)
{
    static const struct actor nobody = {.right = RIGHT_ANY},
                              user = {.user_id = 5, .right = RIGHT_USER},
                              admin = {.user_id = 2, .right = RIGHT_ADMIN},
                              local = {.right = RIGHT_LOCAL};
    static const struct {
        const char *name;
        enum err nobody, user, admin, local;
    } rows[] = {
        {"for.any", ERR_OK, ERR_OK, ERR_OK, ERR_OK},
        {"for.user", ERR_UNAUTHORIZED, ERR_OK, ERR_OK, ERR_OK},
        {"for.member", ERR_UNAUTHORIZED, ERR_OK, ERR_OK,
         ERR_OK}, /* membership: the handler's transaction */
        {"for.owner", ERR_UNAUTHORIZED, ERR_OK, ERR_OK, ERR_OK},
        {"for.admin", ERR_UNAUTHORIZED, ERR_DENIED, ERR_OK, ERR_OK},
        {"for.local", ERR_NO_METHOD, ERR_NO_METHOD, ERR_NO_METHOD, ERR_OK},
        {"for.nobody", ERR_NO_METHOD, ERR_NO_METHOD, ERR_NO_METHOD, ERR_NO_METHOD},
        {"for.an", ERR_NO_METHOD, ERR_NO_METHOD, ERR_NO_METHOD, ERR_NO_METHOD},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        CHECK_INT(call_as(&nobody, rows[i].name, TEXT_NONE), rows[i].nobody);
        CHECK_INT(seen.calls, rows[i].nobody == ERR_OK);
        CHECK_INT(call_as(&user, rows[i].name, TEXT_NONE), rows[i].user);
        CHECK_INT(seen.calls, rows[i].user == ERR_OK);
        CHECK_INT(call_as(&admin, rows[i].name, TEXT_NONE), rows[i].admin);
        CHECK_INT(call_as(&local, rows[i].name, TEXT_NONE), rows[i].local);
    }
    CHECK_INT(call_as(&user, "for.any", TEXT("{}")), ERR_OK);
    CU_ASSERT_PTR_EQUAL(seen.ctx, &seen);
    CHECK_INT(call_as(&nobody, "for.user", TEXT("not json")),
              ERR_UNAUTHORIZED); /* rights come first */
}

/* ---- cost */

static unsigned purse = 3;

static bool may_spend(void *ctx, const struct actor *actor, unsigned cost, int64_t *out_retry_ms)
{
    CU_ASSERT_PTR_EQUAL(ctx, &purse);
    CHECK_INT(actor->user_id, 5);
    *out_retry_ms = 400;
    if (cost > purse)
        return false;
    purse -= cost;
    return true;
}

static void a_call_costs_what_its_method_says(void)
{
    static const struct actor user = {.user_id = 5, .right = RIGHT_USER};
    table.may_spend = may_spend;
    table.spend_ctx = &purse;
    CHECK_INT(call_as(&user, "for.price", TEXT_NONE), ERR_OK);
    CHECK_INT(purse, 1);
    CHECK_INT(call_as(&user, "for.price", TEXT_NONE), ERR_BUSY);
    CHECK_INT(seen.calls, 0);
    CHECK_INT(seen.retry_ms, 400);
    CHECK_INT(call_as(&user, "for.admin", TEXT_NONE), ERR_DENIED); /* a refusal costs nothing */
    CHECK_INT(purse, 1);
    CHECK_INT(call_as(&user, "for.user", TEXT_NONE), ERR_OK);
    CHECK_INT(purse, 1);
    table.may_spend = NULL;
}

/* ---- parameters that are fine */

static void parameters_arrive_as_the_table_promises(void)
{
    CHECK_INT(
        call(" {\"text\":\"hi\",\"key\":\" k\\u00e9y\",\"room\":\"42\",\"limit\":7,\"stay\":false,"
             "\"names\":[\"a\",\" b \"],\"topic\":\"\",\"unknown\":{\"x\":[]}} "),
        ERR_OK);
    CHECK_TEXT(seen.text, "hi");
    CHECK_TEXT(seen.raw, " k\xc3\xa9y"); /* as it came */
    CHECK_INT(seen.at[AT_ROOM].number, 42);
    CHECK_INT(seen.at[AT_LIMIT].number, 7);
    CHECK_INT(seen.at[AT_STAY].number, 0);
    CHECK_TEXT(seen.items, "a|b|");
    for (int i = 0; i < 7; i++)
        CU_ASSERT_TRUE(seen.at[i].given);
}

static void absent_parameters_have_their_fallback(void)
{
    CHECK_INT(call("{\"text\":\"hi\"}"), ERR_OK);
    CHECK_INT(seen.at[AT_LIMIT].number, 50);
    CHECK_INT(seen.at[AT_STAY].number, 1);
    CHECK_INT(seen.at[AT_ROOM].number, 0);
    CHECK_INT(seen.at[AT_NAMES].count, 0);
    CHECK_TEXT(seen.raw, "");
    for (int i = 1; i < 7; i++)
        CU_ASSERT_FALSE(seen.at[i].given);
}

static void texts_are_trimmed_and_their_line_ends_unified(void)
{
    CHECK_INT(call("{\"text\":\" \\t\\r\\n a\\r\\nb\\rc\\n\\rd \\r\"}"), ERR_OK);
    CHECK_TEXT(seen.text, "a\nb\nc\n\nd");
    CHECK_INT(call("{\"text\":\"a\\n\\n\\r\\n\\r\\r\\nb\"}"), ERR_OK);
    CHECK_TEXT(seen.text, "a\n\n\n\n\nb");
    CHECK_INT(call("{\"text\":\"  1234567890  \"}"), ERR_OK); /* ten characters after trimming */
    CHECK_INT(call("{\"text\":"
                   "\"\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3"
                   "\xa9\"}"),
              ERR_OK);
}

static void ids_are_texts_or_numbers(void)
{
    static const struct actor nobody = {0};
    CHECK_INT(call_as(&nobody, "one.id", TEXT("{\"id\":\"9223372036854775807\"}")), ERR_OK);
    CHECK_INT(seen.at[0].number, INT64_MAX);
    CHECK_INT(call_as(&nobody, "one.id", TEXT("{\"id\":42}")), ERR_OK);
    CHECK_INT(seen.at[0].number, 42);
    CHECK_INT(call_as(&nobody, "one.id", TEXT("{\"id\":\"\"}")),
              ERR_BAD_REQUEST);                                /* required: "" is none */
    CHECK_INT(call("{\"text\":\"x\",\"room\":\"\"}"), ERR_OK); /* else it is absent */
    CU_ASSERT_FALSE(seen.at[AT_ROOM].given);
}

/* ---- parameters that are not */

static void every_fault_names_its_field(void)
{
    static const struct {
        const char *json, *field, *message;
    } rows[] = {
        {"{}", "text", "text is missing."},
        {"{\"limit\":0}", "limit",
         "limit must be a whole number from 1 to 200."}, /* the first fault is told */
        {"{\"text\":5}", "text", "text must be a text."},
        {"{\"text\":null}", "text", "text must be a text."},
        {"{\"text\":[]}", "text", "text must be a text."},
        {"{\"text\":\"\"}", "text", "text must have 1 to 10 characters."},
        {"{\"text\":\" \\n \"}", "text", "text must have 1 to 10 characters."},
        {"{\"text\":\"12345678901\"}", "text", "text must have 1 to 10 characters."},
        {"{\"text\":\"a\\u0000b\"}", "text", "text must not contain U+0000."},
        {"{\"text\":\"x\",\"text\":\"y\"}", "text", "text is given twice."},
        {"{\"text\":\"x\",\"topic\":\"123456\"}", "topic", "topic must have at most 5 characters."},
        {"{\"text\":\"x\",\"key\":\"\"}", "key", "key must have 1 to 8 bytes."},
        {"{\"text\":\"x\",\"key\":\"123456789\"}", "key", "key must have 1 to 8 bytes."},
        {"{\"text\":\"x\",\"key\":\"1234567\\u00e9\"}", "key", "key must have 1 to 8 bytes."},
        {"{\"text\":\"x\",\"key\":\"a\\nb\"}", "key", "key must not contain control characters."},
        {"{\"text\":\"x\",\"key\":\"a\\u0000b\"}", "key",
         "key must not contain control characters."},
        {"{\"text\":\"x\",\"key\":\"a\x7f\"}", "key", "key must not contain control characters."},
        {"{\"text\":\"x\",\"key\":\"a\\u0085\"}", "key",
         "key must not contain control characters."},
        {"{\"text\":\"x\",\"key\":7}", "key", "key must be a text."},
        {"{\"text\":\"x\",\"room\":\"0\"}", "room", "room must be an id."},
        {"{\"text\":\"x\",\"room\":\"042\"}", "room", "room must be an id."},
        {"{\"text\":\"x\",\"room\":\"-1\"}", "room", "room must be an id."},
        {"{\"text\":\"x\",\"room\":\"4 \"}", "room", "room must be an id."},
        {"{\"text\":\"x\",\"room\":\"general\"}", "room", "room must be an id."},
        {"{\"text\":\"x\",\"room\":\"9223372036854775808\"}", "room", "room must be an id."},
        {"{\"text\":\"x\",\"room\":0}", "room", "room must be an id."},
        {"{\"text\":\"x\",\"room\":1.5}", "room", "room must be an id."},
        {"{\"text\":\"x\",\"room\":true}", "room", "room must be an id."},
        {"{\"text\":\"x\",\"limit\":0}", "limit", "limit must be a whole number from 1 to 200."},
        {"{\"text\":\"x\",\"limit\":201}", "limit", "limit must be a whole number from 1 to 200."},
        {"{\"text\":\"x\",\"limit\":\"5\"}", "limit",
         "limit must be a whole number from 1 to 200."},
        {"{\"text\":\"x\",\"limit\":1e1}", "limit", "limit must be a whole number from 1 to 200."},
        {"{\"text\":\"x\",\"stay\":1}", "stay", "stay must be true or false."},
        {"{\"text\":\"x\",\"stay\":\"true\"}", "stay", "stay must be true or false."},
        {"{\"text\":\"x\",\"names\":\"a\"}", "names", "names must be a list of texts."},
        {"{\"text\":\"x\",\"names\":[]}", "names", "names must have 1 to 3 entries."},
        {"{\"text\":\"x\",\"names\":[\"1\",\"2\",\"3\",\"4\"]}", "names",
         "names must have 1 to 3 entries."},
        {"{\"text\":\"x\",\"names\":[\"a\",5]}", "names",
         "names must be a list of texts that are not empty."},
        {"{\"text\":\"x\",\"names\":[\" \"]}", "names",
         "names must be a list of texts that are not empty."},
        {"{\"text\":\"x\",\"names\":[\"a\\u0000\"]}", "names", "names must not contain U+0000."},
        {"[]", "", "The parameters must be a JSON object."},
        {"5", "", "The parameters must be a JSON object."},
        {"{\"text\":\"x\"", "", "The parameters must be a JSON object."},
        {"{\"text\":\"\xff\"}", "", "The parameters must be a JSON object."},
        {"{\"text\":\"\\ud800\"}", "", "The parameters must be a JSON object."},
        {"{\"a\":[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]}", "",
         "The parameters must be a JSON object."}, /* 17 levels */
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        CHECK_INT(call(rows[i].json), ERR_BAD_REQUEST);
        CHECK_TEXT(seen.field, rows[i].field);
        CHECK_TEXT(seen.message, rows[i].message);
        CHECK_INT(seen.calls, 0);
    }
}

/* ---- JSON as it comes, and members of objects */

static enum err call_raw(const char *json)
{
    static const struct actor nobody = {.right = RIGHT_ANY};
    return call_as(&nobody, "all.raw", text_of(json));
}

static void json_arrives_as_it_came_and_members_have_names(void)
{
    CHECK_INT(call_raw("{\"data\": { \"a\" : [1, null] } ,\"since\": {\"x\":1,\"offset\":7,"
                       "\"epoch\":\"e\"}}"),
              ERR_OK);
    CHECK_TEXT(seen.items, "{ \"a\" : [1, null] }|{\"x\":1,\"offset\":7,\"epoch\":\"e\"}|7|e");
    CHECK_INT(call_raw("{\"data\":null,\"since.offset\":7,\"offset\":7}"), ERR_OK);
    CHECK_TEXT(seen.items, "null||0|"); /* its name with the dot is no way to it */
    for (int i = AT_SINCE; i < AT_COUNT; i++)
        CU_ASSERT_FALSE(seen.at[i].given);
}

static void faults_in_raw_parameters_name_their_field(void)
{
    static const struct {
        const char *json, *field, *message;
    } rows[] = {
        {"{}", "data", "data is missing."},
        {"{\"data\":1,\"since\":{}}", "since.offset", "since.offset is missing."},
        {"{\"data\":1,\"since\":[]}", "since", "since must be an object."},
        {"{\"data\":1,\"since\":null}", "since", "since must be an object."},
        {"{\"data\":1,\"since\":{\"offset\":10}}", "since.offset",
         "since.offset must be a whole number from 0 to 9."},
        {"{\"data\":1,\"since\":{\"offset\":1,\"offset\":2}}", "since.offset",
         "since.offset is given twice."},
        {"{\"data\":1,\"since\":{\"offset\":1},\"since\":{}}", "since", "since is given twice."},
        {"{\"data\":1,\"since\":{\"offset\":1,\"epoch\":\"12345\"}}", "since.epoch",
         "since.epoch must have 1 to 4 bytes."},
        {"{\"data\":1,\"since\":{\"offset\":1,\"x\":\"0123456789012345678901234567890123456789\"}}",
         "since", "since must have 2 to 50 bytes."},
        {"{\"data\":}", "", "The parameters must be a JSON object."},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        CHECK_INT(call_raw(rows[i].json), ERR_BAD_REQUEST);
        CHECK_TEXT(seen.field, rows[i].field);
        CHECK_TEXT(seen.message, rows[i].message);
        CHECK_INT(seen.calls, 0);
    }
}

/* 64 levels of data in the object of parameters are 65. */
static void raw_json_may_be_64_levels_deep(void)
{
    char json[200];
    for (size_t levels = 64; levels <= 65; levels++) {
        int n = snprintf(json, sizeof json, "{\"data\":");
        memset(json + n, '[', levels);
        memset(json + n + levels, ']', levels);
        (void)snprintf(json + n + 2 * levels, 2, "}");
        CHECK_INT(call_raw(json), levels == 64 ? ERR_OK : ERR_BAD_REQUEST);
    }
}

static void null_may_mean_absent(void)
{
    table.null_is_absent = true;
    CHECK_INT(call_raw("{\"data\":null,\"since\":null,\"limit\":null}"), ERR_OK);
    CHECK_TEXT(seen.items, "null||0|");
    CHECK_INT(seen.at[AT_COUNT].number, 50);
    CHECK_INT(call_raw("{\"data\":1,\"since\":{\"offset\":null}}"), ERR_BAD_REQUEST);
    CHECK_TEXT(seen.message, "since.offset is missing.");
    CHECK_INT(call("{\"text\":null}"), ERR_BAD_REQUEST);
    CHECK_TEXT(seen.message, "text is missing.");
    table.null_is_absent = false;
}

static void every_failed_allocation_is_answered(void)
{
    for (unsigned n = 1;; n++) {
        fault_at(n);
        enum err e = call("{\"text\":\"x\",\"names\":[\"a\",\"b\"]}");
        if (!fault_end()) {
            CHECK_INT(e, ERR_OK);
            CU_ASSERT(n > 2);
            break;
        }
        CHECK_INT(e, ERR_NOMEM);
        CHECK_INT(seen.calls, 0);
    }
}

UNIT("wire/call", CASE(each_right_lets_in_whom_it_should), CASE(a_call_costs_what_its_method_says),
     CASE(parameters_arrive_as_the_table_promises), CASE(absent_parameters_have_their_fallback),
     CASE(texts_are_trimmed_and_their_line_ends_unified), CASE(ids_are_texts_or_numbers),
     CASE(every_fault_names_its_field), CASE(json_arrives_as_it_came_and_members_have_names),
     CASE(faults_in_raw_parameters_name_their_field), CASE(raw_json_may_be_64_levels_deep),
     CASE(null_may_mean_absent), CASE(every_failed_allocation_is_answered))
