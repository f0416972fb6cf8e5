/* Guards: the server API's table: every parameter of a wrong type, or missing, is named and reaches no handler; the door
 * to it: key, media type, size, body; what may not be touched. What it does is in scenario 180. */
#include "fake_product.h"
#include "http/api.h"
#include "raw_http.h"
#include "wire/call.h"

static struct http house = {.options = {.env = &env_real, .call_deadline_ms = 1000}};
static struct visit visit = {.http = &house};

static struct {
    int answers;
    enum err err;
    char field[40], message[200], json[2000];
} seen;

static void answered(struct reply r, const struct outcome *o)
{
    (void)r;
    seen.answers++;
    seen.err = o->err;
    text_copy(seen.field, sizeof seen.field, o->field.data ? o->field : TEXT_NONE);
    text_copy(seen.message, sizeof seen.message, o->message.data ? o->message : TEXT_NONE);
    text_copy(seen.json, sizeof seen.json, o->json.data ? o->json : TEXT_NONE);
}

static enum err call(const char *method, const char *json)
{
    static const struct actor owner = {.right = RIGHT_LOCAL};
    struct method_table table = {.null_is_absent = true};
    memset(&seen, 0, sizeof seen);
    atomic_init(&house.give_up_ms, INT64_MAX);
    method_table_add(&table, api_methods(&visit));
    role_enter(&role_http);
    method_call(&table, text_of(method), text_of(json), &owner, (struct reply){.done = answered});
    role_leave(&role_http);
    CHECK_INT(seen.answers, 1);
    return seen.err;
}

/* ---- the table */

/* {"since":{"offset":X}} for the parameter "since.offset". */
static void write_param(char *out, size_t size, const char *name, const char *value)
{
    const char *dot = strchr(name, '.');
    if (dot)
        (void)snprintf(out, size, "{\"%.*s\":{\"%s\":%s}}", (int)(dot - name), name, dot + 1,
                       value);
    else
        (void)snprintf(out, size, "{\"%s\":%s}", name, value);
}

static void every_wrong_type_names_its_field(void)
{
    static const char *const wrong[] = {
        [PARAM_TEXT] = "5", [PARAM_RAW] = "5",       [PARAM_ID] = "{}",   [PARAM_INT] = "\"5\"",
        [PARAM_BOOL] = "1", [PARAM_TEXTS] = "\"x\"", [PARAM_JSON] = NULL, [PARAM_OBJECT] = "[]"};
    struct method_set set = api_methods(&visit);
    unsigned tried = 0;
    CHECK_INT(set.count, 13);
    for (size_t m = 0; m < set.count; m++)
        for (size_t i = 0; i < set.methods[m].params_count; i++) {
            const struct param *p = &set.methods[m].params[i];
            char json[128];
            CU_ASSERT(set.methods[m].params_count <= ARGS_MAX);
            if (!wrong[p->type])
                continue;
            write_param(json, sizeof json, p->name, wrong[p->type]);
            CHECK_INT(call(set.methods[m].name, json), ERR_BAD_REQUEST);
            CHECK_TEXT(seen.field, p->name);
            CU_ASSERT(strstr(seen.message, p->name) == seen.message);
            tried++;
        }
    CU_ASSERT(tried > 40);
}

static void what_must_be_there_is_named(void)
{
    static const struct {
        const char *method, *json, *field;
    } rows[] = {
        {"publish", "{}", "channel"},
        {"publish", "{\"channel\":\"c\"}", "data"},
        {"broadcast", "{\"data\":1}", "channels"},
        {"broadcast", "{\"channels\":[],\"data\":1}", "channels"},
        {"broadcast", "{\"channels\":[\"c\"]}", "data"},
        {"subscribe", "{\"channel\":\"c\"}", "user"},
        {"subscribe", "{\"user\":\"7\"}", "channel"},
        {"unsubscribe", "{\"channel\":\"c\"}", "user"},
        {"unsubscribe", "{\"user\":\"7\",\"channel\":\"\"}", "channel"},
        {"disconnect", "{}", "user"},
        {"disconnect", "{\"user\":\"7\",\"disconnect\":{}}", "disconnect.code"},
        {"refresh", "{}", "user"},
        {"presence", "{}", "channel"},
        {"presence_stats", "{\"channel\":null}", "channel"},
        {"history", "{}", "channel"},
        {"history_remove", "{}", "channel"},
        {"batch", "{}", "commands"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        CHECK_INT(call(rows[i].method, rows[i].json), ERR_BAD_REQUEST);
        CHECK_TEXT(seen.field, rows[i].field);
    }
}

static void what_is_out_of_bounds_or_not_supported_is_named(void)
{
    static const struct {
        const char *method, *json, *field;
    } rows[] = {
        {"publish", "{\"channel\":\"c\",\"b64data\":\"!\"}", "b64data"},
        {"publish", "{\"channel\":\"c\",\"b64data\":\"eyJh\"}", "b64data"},       /* {"a */
        {"publish", "{\"channel\":\"c\",\"b64data\":\"eyJhIjoxfQ\"}", "b64data"}, /* no = */
        {"subscribe", "{\"user\":\"7\",\"channel\":\"c\",\"override\":{}}", "override"},
        {"subscribe", "{\"user\":\"7\",\"channel\":\"c\",\"expire_at\":1}", "expire_at"},
        {"disconnect", "{\"user\":\"7\",\"disconnect\":{\"code\":2999}}", "disconnect.code"},
        {"disconnect", "{\"user\":\"7\",\"disconnect\":{\"code\":5000}}", "disconnect.code"},
        {"history", "{\"channel\":\"c\",\"limit\":-2}", "limit"},
        {"history", "{\"channel\":\"c\",\"since\":{\"offset\":-1}}", "since.offset"},
        {"batch", "{\"commands\":{}}", "commands"},
        {"batch", "{\"commands\":\"x\"}", "commands"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        CHECK_INT(call(rows[i].method, rows[i].json), ERR_BAD_REQUEST);
        CHECK_TEXT(seen.field, rows[i].field);
    }
    CHECK_INT(call("no_such_method", "{}"), ERR_NO_METHOD);
    char json[600], reason[125] = "";
    memset(reason, 'r', 124);
    (void)snprintf(json, sizeof json,
                   "{\"user\":\"7\",\"disconnect\":{\"code\":4000,\"reason\":\"%s\"}}", reason);
    CHECK_INT(call("disconnect", json), ERR_BAD_REQUEST); /* 124 bytes */
    CHECK_TEXT(seen.field, "disconnect.reason");
}

static void the_products_channels_are_not_touched(void)
{
    static const char *const methods[] = {"publish", "subscribe", "unsubscribe", "history_remove"};
    static const char *const channels[] = {"room:1", "user:7"};
    for (size_t m = 0; m < 4; m++)
        for (size_t c = 0; c < 2; c++) {
            char json[100];
            (void)snprintf(json, sizeof json, "{\"user\":\"7\",\"channel\":\"%s\",\"data\":{}}",
                           channels[c]);
            CHECK_INT(call(methods[m], json), ERR_DENIED);
            CHECK_TEXT(seen.field, "channel");
        }
    CHECK_INT(call("broadcast", "{\"channels\":[\"room:1\",\"user:7\"],\"data\":1}"), ERR_OK);
    CHECK_TEXT(seen.json,
               "{\"responses\":[{\"error\":{\"code\":103,\"message\":\"You may not do this, or it "
               "is not there.\"}},{\"error\":{\"code\":103,\"message\":\"You may not do this, or "
               "it is not there.\"}}]}");
}

static void a_batch_answers_each_command_in_order(void)
{
    CHECK_INT(call("batch", "{\"commands\":[]}"), ERR_OK);
    CHECK_TEXT(seen.json, "{\"replies\":[]}");
    CHECK_INT(call("batch", "{\"parallel\":true,\"commands\":["
                            "{\"broadcast\":{\"channels\":[\"room:1\"],\"data\":1}},"
                            "{\"publish\":{}},{\"nothing\":{}},{\"batch\":{\"commands\":[]}},"
                            "{\"info\":5},{\"a\":{},\"b\":{}},{},5]}"),
              ERR_OK);
    static const char *const parts[] = {
        "{\"replies\":[{\"broadcast\":{\"responses\":[",
        ",{\"error\":{\"code\":107,\"message\":\"channel is missing.\"",
        ",{\"error\":{\"code\":104,"};
    const char *at = seen.json;
    for (size_t i = 0; at && i < 3; i++) {
        at = strstr(at, parts[i]);
        CU_ASSERT_PTR_NOT_NULL(at);
    }
    CHECK_INT(raw_count(seen.json, "commands must be objects with one method"), 5);
}

/* ---- the door */

#define POST(path) "POST " path " HTTP/1.1\r\nHost: h\r\nConnection: close\r\n"
#define KEY "X-API-Key: the-api-key\r\n"
#define JSON "Content-Type: application/json\r\n"
#define BODY(n, bytes) "Content-Length: " #n "\r\n\r\n" bytes

static void starts(void)
{
    fake_start();
}

static void the_door_wants_a_key_and_a_json_object(void)
{
    static const struct {
        const char *request;
        int status;
        const char *has;
    } rows[] = {
        {POST("/api/publish") JSON BODY(2, "{}"), 401, "\"code\":101"},
        {POST("/api/publish") "X-API-Key: the-api-kex\r\n" JSON BODY(2, "{}"), 401, "\"code\":101"},
        {POST("/api/publish") "X-API-Key: the-api-key2\r\n" JSON BODY(2, "{}"), 401, ""},
        {POST("/api/publish") "X-API-Key:\r\n" JSON BODY(2, "{}"), 401, ""},
        {POST("/api/publish") "Authorization: Bearer the-api-key\r\n" JSON BODY(2, "{}"), 401, ""},
        {POST("/api/publish") "Cookie: snug_session=admin\r\n" JSON BODY(2, "{}"), 401, ""},
        {POST("/api/publish") "Authorization: apikey the-api-key\r\n" JSON BODY(2, "{}"), 200,
         "{\"error\":{\"code\":107,\"message\":\"channel is missing.\""},
        {POST("/api/publish") KEY JSON BODY(2, "{}"), 200, "{\"error\":{\"code\":107,"},
        {POST("/api/nothing") KEY JSON BODY(2, "{}"), 200, "{\"error\":{\"code\":104,"},
        {POST("/api/") KEY JSON BODY(2, "{}"), 200, "{\"error\":{\"code\":104,"},
        {POST("/api/publish") KEY BODY(2, "{}"), 415, "\"code\":107"},
        {POST("/api/publish") KEY "Content-Type: text/plain\r\n" BODY(2, "{}"), 415, ""},
        {POST("/api/publish") KEY "Content-Type: application/json; charset=utf-8\r\n" BODY(2, "{}"),
         200, ""},
        {POST("/api/publish") KEY JSON BODY(0, ""), 400, "\"code\":107"},
        {POST("/api/publish") KEY JSON BODY(2, "[]"), 400, "The body must be a JSON object."},
        {POST("/api/publish") KEY JSON BODY(2, "{]"), 400, ""},
        {POST("/api/publish") KEY JSON "Content-Length: 1048577\r\n\r\n{", 413, "\"code\":106"},
        {POST("/api/publish") KEY JSON "Origin: https://evil.example\r\n" BODY(2, "{}"), 403, ""},
        {"GET /api/info HTTP/1.1\r\nHost: h\r\nConnection: close\r\n" KEY "\r\n", 405,
         "Allow: POST\r\n"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *answer = raw_ask(fake.port, rows[i].request);
        if (raw_status(answer) != rows[i].status || !strstr(answer, rows[i].has))
            (void)printf("\n    request: %s\n    answer: %s\n", rows[i].request, answer);
        CHECK_INT(raw_status(answer), rows[i].status);
        CU_ASSERT(strstr(answer, rows[i].has) != NULL);
    }
}

static void without_a_key_of_its_own_the_door_is_shut(void)
{
    struct http_options options = fake_options();
    options.api_key = TEXT_NONE;
    struct http *h = fake_open(&options);
    CHECK_INT(
        raw_status(raw_ask(http_port(h, 0), POST("/api/info") "X-API-Key:\r\n" JSON BODY(2, "{}"))),
        401);
    http_stop(h);
}

static void stops(void)
{
    fake_stop();
}

UNIT("http/api", CASE(every_wrong_type_names_its_field), CASE(what_must_be_there_is_named),
     CASE(what_is_out_of_bounds_or_not_supported_is_named),
     CASE(the_products_channels_are_not_touched), CASE(a_batch_answers_each_command_in_order),
     CASE(starts), CASE(the_door_wants_a_key_and_a_json_object),
     CASE(without_a_key_of_its_own_the_door_is_shut), CASE(stops))
