/* Guards: a file of Centrifugo 6 works or is told, option by option, what is not supported. */
#include "cli/foreign.h"
#include "cli/option.h"
#include "fault.h"
#include "unit.h"

static char error[CONFIG_ERROR_SIZE];

/* Reads JSON into a config with defaults, and looks at it as a whole. */
static enum err read_json(struct config *c, const char *json)
{
    error[0] = 0;
    CHECK_INT(config_init(c), ERR_OK);
    enum err e = config_read_json(c, text_of(json), error);
    return e == ERR_OK ? config_settle(c, error) : e;
}

static void no_name_is_ours_too(void)
{
    for (size_t i = 0; i < foreign_all.count; i++)
        CU_ASSERT(!config_is_option(text_of(foreign_all.list[i].name)));
    for (size_t i = 0; i < foreign_channel.count; i++)
        CU_ASSERT_PTR_NULL(option_find(&options_channel, text_of(foreign_channel.list[i].name)));
}

static void every_line_can_be_reached(void)
{
    for (size_t i = 0; i < foreign_all.count; i++) {
        const struct foreign *f = &foreign_all.list[i];
        CU_ASSERT(foreign_find(&foreign_all, text_of(f->name)) ==
                  f); /* no group stands before it */
        CU_ASSERT((f->kind == FOREIGN_FIXED) == (f->value[0] != 0));
    }
    CU_ASSERT(foreign_is_group("engine"));
    CU_ASSERT(foreign_is_group("client.proxy"));
    CU_ASSERT(!foreign_is_group("engin"));
    CU_ASSERT(!foreign_is_group("pid_file"));
    CU_ASSERT_PTR_NULL(foreign_find(&foreign_all, TEXT("engines")));
    CU_ASSERT_PTR_NULL(foreign_find(&foreign_all, TEXT("engine.")));
    CU_ASSERT_PTR_NULL(foreign_find(&foreign_all, TEXT("")));
}

static void what_asks_for_what_is_not_there_does_not_start(void)
{
    static const struct {
        const char *json, *sentence;
    } rows[] = {
        {"{\"engine\": {\"type\": \"redis\"}}",
         "engine.type is not supported: rooms are in the database and other channels in this "
         "process's memory."},
        {"{\"engine\": \"redis\"}", "engine is not supported: "},
        {"{\"engine\": {\"nats\": {\"url\": \"x\"}}}", "engine.nats is not supported: "},
        {"{\"admin\": {\"enabled\": true}}", "admin is not supported: admins are people"},
        {"{\"admin.enabled\": true}", "admin.enabled is not supported: admins are people"},
        {"{\"admin\": true}", "admin is not supported: "},
        {"{\"grpc_api\": {\"enabled\": true, \"port\": 1}}", "use the HTTP API, /api."},
        {"{\"http_api\": {\"insecure\": true}}", "http_api.insecure is not supported: "},
        {"{\"websocket\": {\"disabled\": true}}", "websocket.disabled is not supported: "},
        {"{\"client\": {\"connect_include_server_time\": true}}",
         "client.connect_include_server_time is not "},
        {"{\"client\": {\"proxy\": {\"connect\": {\"enabled\": true}}}}",
         "client.proxy.connect is not supported: "},
        {"{\"channel\": {\"namespace_boundary\": \"/\"}}", "channel.namespace_boundary is not "},
        {"{\"channel\": {\"max_length\": 256}}", "channel.max_length is not supported: "},
        {"{\"proxies\": [{\"name\": \"x\"}]}", "proxies is not supported: "},
        {"{\"proxies\": [{}]}", "proxies is not supported: "},
        {"{\"channel\": {\"namespaces\": [{\"name\": \"ab\", \"allow_recovery\": true}]}}",
         "channel.namespaces[0].allow_recovery is not supported: say force_recovery."},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct config c;
        CHECK_INT(read_json(&c, rows[i].json), ERR_BAD_REQUEST);
        if (!strstr(error, rows[i].sentence))
            CHECK_TEXT(error, rows[i].sentence);
        config_fini(&c);
    }
}

static void what_asks_for_nothing_is_fine(void)
{
    static const char *const rows[] = {
        "{\"engine\": {\"type\": \"memory\", \"redis\": {\"address\": [\"127.0.0.1:6379\"]}}}",
        "{\"admin\": {\"enabled\": false, \"password\": \"p\", \"handler_prefix\": \"\"}}",
        "{\"admin\": {\"password\": \"p\"}}",
        "{\"uni_sse\": {\"enabled\": false, \"handler_prefix\": \"/x\"}}",
        "{\"proxies\": [], \"consumers\": [], \"pid_file\": \"\", \"shared_poll\": {}}",
        "{\"shared_poll\": {\"hmac_secret_key\": \"\"}}",
        "{\"http_api\": {\"insecure\": false, \"handler_prefix\": \"/api\"}}",
        "{\"http_server\": {\"tls\": {\"client_ca_pem\": \"\"}, \"internal_port\": \"\"}}",
        "{\"client\": {\"connection_limit\": 0, \"channel_position_max_time_lag\": \"0s\"}}",
        "{\"channel\": {\"max_length\": 255, \"user_separator\": \",\"}}",
        "{\"health\": {\"enabled\": true}, \"prometheus\": {\"enabled\": true}}",
        "{\"channel.namespaces\": [{\"name\": \"ab\", \"publish_proxy_name\": \"default\"}]}",
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct config c;
        CHECK_INT(read_json(&c, rows[i]), ERR_OK);
        CHECK_TEXT(error, "");
        config_fini(&c);
    }
}

static void the_address_may_come_in_two_pieces(void)
{
    static const struct {
        const char *json, *listen;
    } rows[] = {
        {"{\"http_server\": {\"address\": \"127.0.0.1\", \"port\": 9000}}", "127.0.0.1:9000"},
        {"{\"http_server\": {\"address\": \"127.0.0.1\"}}", "127.0.0.1:8000"},
        {"{\"http_server\": {\"address\": \"\", \"port\": \"9000\"}}", "0.0.0.0:9000"},
        {"{\"http_server\": {\"port\": 0}}", "0.0.0.0:0"},
        {"{\"http_server\": {\"port\": 65535}}", "0.0.0.0:65535"},
        {"{\"http_server\": {\"address\": \"::1\", \"port\": 1}}", "[::1]:1"},
        {"{\"http_server\": {\"address\": \"[::1]\", \"port\": 1}}", "[::1]:1"},
        {"{\"http_server\": {\"port\": 9000}, \"listen\": \"127.0.0.1:1\"}", "127.0.0.1:1"},
        {"{}", "127.0.0.1:8080"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct config c;
        CHECK_INT(read_json(&c, rows[i].json), ERR_OK);
        CHECK_INT(c.options.listen_count, 1);
        CHECK_TEXT(c.options.listen[0], rows[i].listen);
        CU_ASSERT(c.listen_given == (strcmp(rows[i].json, "{}") != 0));
        config_fini(&c);
    }
    struct config c;
    CHECK_INT(read_json(&c, "{\"http_server\": {\"port\": 65536}}"), ERR_BAD_REQUEST);
    CHECK_TEXT(error, "http_server.port must be a port, a number up to 65535.");
    config_fini(&c);
    CHECK_INT(read_json(&c, "{\"http_server\": {\"address\": \"a b\"}}"), ERR_BAD_REQUEST);
    CHECK_TEXT(error, "http_server.address must be an address such as 127.0.0.1 or ::1.");
    config_fini(&c);
}

static void tls_may_be_switched(void)
{
    struct config c;
    CHECK_INT(read_json(&c,
                        "{\"http_server\": {\"tls\": {\"enabled\": true, \"cert_pem\": \"c.pem\","
                        " \"key_pem\": \"k.pem\"}}}"),
              ERR_OK);
    CHECK_TEXT(c.options.tls_cert, "c.pem");
    CHECK_TEXT(c.options.tls_key, "k.pem");
    config_fini(&c);
    CHECK_INT(read_json(&c, "{\"http_server\": {\"tls\": {\"enabled\": false, "
                            "\"cert_pem_file\": \"c.pem\", \"key_pem_file\": \"k.pem\"}}}"),
              ERR_OK);
    CU_ASSERT_PTR_NULL(c.options.tls_cert);
    CU_ASSERT_PTR_NULL(c.options.tls_key);
    config_fini(&c);
    CHECK_INT(read_json(&c, "{\"http_server\": {\"tls\": {\"enabled\": true}}}"), ERR_BAD_REQUEST);
    CHECK_TEXT(error, "http_server.tls.enabled needs http_server.tls.cert_pem_file.");
    config_fini(&c);
    CHECK_INT(read_json(&c, "{\"http_server\": {\"tls\": {\"cert_pem\": "
                            "\"-----BEGIN CERTIFICATE-----\"}}}"),
              ERR_BAD_REQUEST);
    CHECK_TEXT(error,
               "http_server.tls.cert_pem must be the path of a PEM file, not what is in it.");
    config_fini(&c);
}

static void the_fallbacks_are_off_as_there(void)
{
    struct config c;
    CHECK_INT(
        read_json(&c, "{\"sse\": {\"enabled\": true}, \"client\": {\"connection_limit\": 7}}"),
        ERR_OK);
    CU_ASSERT(c.options.sse_enabled && !c.options.http_stream_enabled);
    CHECK_INT(c.options.connection_limit, 7);
    config_fini(&c);
}

/* ---- the report */

static struct config_report report;

static enum err check(const char *json)
{
    buf_fini(&report.lines);
    report = (struct config_report){0};
    buf_init(&report.lines, 65536);
    error[0] = 0;
    enum err e = config_check_json(text_of(json), &report, error);
    buf_add_char(&report.lines, 0);
    return e;
}

static void all_problems_are_listed_in_their_order(void)
{
    CHECK_INT(check("{\"client\": {\"ping_intervall\": \"10s\", \"channel_limit\": 5},"
                    " \"engine\": {\"type\": \"redis\"}, \"nonsense_of_mine\": {\"a\": 1},"
                    " \"a\\nb\": 1, \"health\": {\"enabled\": true}, \"tasks\": 0,"
                    " \"channel\": {\"namespaces\": [5, {\"name\": \"ab\", \"histroy_size\": 1,"
                    " \"history_size\": 1}], \"without_namespace\": {\"delta_publish\": true}}}"),
              ERR_OK);
    CHECK_TEXT(report.lines.data,
               "client.ping_intervall: unknown (nearest: client.ping_interval)\n"
               "engine.type: unsupported: rooms are in the database and other channels in this "
               "process's memory\n"
               "nonsense_of_mine: unknown\n"
               "a?b: unknown\n"
               "health: ignored: /healthz and /readyz are always there\n"
               "tasks: wrong value: must be a whole number from 1 to 256\n"
               "channel.namespaces[0]: wrong value: must be an object with a name\n"
               "channel.namespaces[1].histroy_size: unknown (nearest: history_size)\n"
               "channel.without_namespace.delta_publish: wrong value: needs allowed_delta_types\n"
               "channel.namespaces[1].history_size: wrong value: needs history_ttl\n");
    CHECK_INT(report.problems, 9); /* ten lines, one of which only tells */
    CHECK_INT(report.options, 11);
}

/* A list has members too, but they have no names. */
static void a_list_in_place_of_an_object_is_a_problem(void)
{
    CHECK_INT(check("{\"channel\": {\"namespaces\": [[1], {\"name\": [1]}]}, \"admin\": [1]}"),
              ERR_OK);
    CHECK_INT(report.problems, 3);
    CHECK_INT(check("[[1]]"), ERR_BAD_REQUEST);
}

static void a_good_file_has_nothing_to_say(void)
{
    CHECK_INT(check("{\"listen\": \"127.0.0.1:1\", \"channel\": {\"namespaces\": "
                    "[{\"name\": \"ab\", \"presence\": true}]}}"),
              ERR_OK);
    CHECK_TEXT(report.lines.data, "");
    CHECK_INT(report.problems, 0);
    CHECK_INT(report.options, 3);
    CHECK_INT(check("{}"), ERR_OK);
    CHECK_INT(report.options, 0);
    CHECK_INT(check("{\n\n"), ERR_BAD_REQUEST);
    CHECK_TEXT(error, "Line 3 is not JSON.");
    CHECK_INT(config_check_file("/nowhere/at/all", &report, error), ERR_IO);
    CHECK_TEXT(error, "Cannot read /nowhere/at/all: No such file or directory.");
    buf_fini(&report.lines);
}

static void a_report_has_an_end(void)
{
    struct config_report small = {0};
    buf_init(&small.lines, 10);
    CHECK_INT(config_check_json(TEXT("{\"abc\": 1}"), &small, error), ERR_LIMIT); /* 13 bytes */
    buf_fini(&small.lines);
}

static void no_memory_leaks_nothing(void)
{
    for (unsigned n = 1;; n++) {
        struct config c;
        CHECK_INT(config_init(&c), ERR_OK);
        fault_at(n);
        enum err e = config_read_json(&c, TEXT("{\"http_server\": {\"address\": \"a\"}}"), error);
        if (e == ERR_OK)
            e = config_settle(&c, error);
        bool failed = fault_end();
        config_fini(&c);
        if (!failed)
            break;
        CU_ASSERT(e == ERR_NOMEM || e == ERR_BAD_REQUEST); /* cJSON does not say which */
    }
}

/* S44: without tokens whoever reaches the server may do everything, so that only this machine may reach it. */
static void s44_insecure_listens_on_the_loopback_alone(void)
{
    static const struct {
        const char *json, *listen, *sentence;
    } rows[] = {
        {"{\"client\": {\"insecure\": true}}", "127.0.0.1:8080", ""},
        {"{\"client\": {\"insecure\": true}, \"listen\": [\"[::1]:80\", \"localhost:81\"]}",
         "[::1]:80", ""},
        {"{\"client\": {\"insecure\": true}, \"http_server\": {\"port\": 8000}}", "127.0.0.1:8000",
         ""},
        {"{\"client\": {\"insecure\": false}, \"http_server\": {\"port\": 8000}}", "0.0.0.0:8000",
         ""},
        {"{\"client\": {\"insecure\": true}, \"listen\": [\"127.0.0.1:80\", \"0.0.0.0:80\"]}", "",
         "client.insecure needs every address on the loopback, and listen has 0.0.0.0:80."},
        {"{\"client\": {\"insecure\": true}, \"listen\": \"[::]:80\"}", "",
         "client.insecure needs every address on the loopback, and listen has [::]:80."},
        {"{\"client\": {\"insecure\": true}, \"http_server\": {\"address\": \"192.0.2.1\"}}", "",
         "client.insecure needs every address on the loopback, and listen has 192.0.2.1:8000."},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct config c;
        error[0] = 0;
        CHECK_INT(read_json(&c, rows[i].json), rows[i].sentence[0] ? ERR_BAD_REQUEST : ERR_OK);
        CHECK_TEXT(error, rows[i].sentence);
        if (!rows[i].sentence[0])
            CHECK_TEXT(c.options.listen[0], rows[i].listen);
        config_fini(&c);
    }
}

UNIT("cli/foreign", CASE(no_name_is_ours_too), CASE(every_line_can_be_reached),
     CASE(what_asks_for_what_is_not_there_does_not_start), CASE(what_asks_for_nothing_is_fine),
     CASE(the_address_may_come_in_two_pieces), CASE(tls_may_be_switched),
     CASE(the_fallbacks_are_off_as_there), CASE(all_problems_are_listed_in_their_order),
     CASE(a_list_in_place_of_an_object_is_a_problem), CASE(a_good_file_has_nothing_to_say),
     CASE(a_report_has_an_end), CASE(no_memory_leaks_nothing),
     CASE(s44_insecure_listens_on_the_loopback_alone))
