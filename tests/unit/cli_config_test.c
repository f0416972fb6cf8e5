/* Guards: SHAPES.md, Defaults (file, then environment, then flags); an unknown option is named with the nearest. */
#include "cli/arguments.h"
#include "fault.h"
#include "tmpdb.h"
#include "unit.h"

#include <fcntl.h>
#include <unistd.h>

static char error[CONFIG_ERROR_SIZE];
static char *no_environment[] = {NULL};

/* Reads JSON into a config with defaults. */
static enum err read_json(struct config *c, const char *json)
{
    error[0] = 0;
    CHECK_INT(config_init(c), ERR_OK);
    return config_read_json(c, text_of(json), error);
}

static void the_defaults_are_those_of_the_table(void)
{
    struct config c;
    CHECK_INT(config_init(&c), ERR_OK);
    CHECK_INT(c.options.listen_count, 1);
    CHECK_TEXT(c.options.listen[0], "127.0.0.1:8080");
    CHECK_TEXT(c.options.data, "./snug-data");
    CHECK_INT(c.options.ping_interval_ms, 25000);
    CHECK_INT(c.options.pong_timeout_ms, 8000);
    CHECK_INT(c.options.stale_close_delay_ms, 15000);
    CHECK_INT(c.options.queue_max_bytes, 1048576);
    CHECK_INT(c.options.message_max_bytes, 65536);
    CHECK_INT(c.options.channel_limit, 128);
    CHECK_INT(c.options.user_connection_limit, 10);
    CU_ASSERT_DOUBLE_EQUAL(c.options.commands_burst, 2000, 0);
    CU_ASSERT_DOUBLE_EQUAL(c.options.logins_per_s, 0.2, 1e-12);
    CHECK_INT(c.options.key_keep_ms, INT64_C(30) * 24 * 3600 * 1000);
    CHECK_INT(c.options.http_workers, 16);
    CU_ASSERT_PTR_NULL(c.options.tls_cert);
    CU_ASSERT_PTR_NULL(c.options.token.hmac_secret_key);
    CU_ASSERT(!c.options.insecure);
    CU_ASSERT(!c.listen_given);
    config_fini(&c);
}

static void a_file_is_nested_at_the_dots(void)
{
    struct config c;
    CHECK_INT(read_json(&c,
                        "{\"listen\": [\"0.0.0.0:80\", \"[::]:80\"],"
                        " \"client\": {\"ping_interval\": \"10s\", \"insecure\": true,"
                        " \"channel_limit\": 5, \"token\": {\"hmac_secret_key\": \"k\\u00e9y\"},"
                        " \"allowed_origins\": [\"https://a.example\", \"*\"]},"
                        " \"limits\": {\"logins\": {\"per_s\": 0.5}},"
                        " \"http_server\": {\"tls\": {\"cert_pem_file\": \"c.pem\"}}}"),
              ERR_OK);
    CHECK_TEXT(error, "");
    CHECK_INT(c.options.listen_count, 2);
    CHECK_TEXT(c.options.listen[1], "[::]:80");
    CHECK_INT(c.options.ping_interval_ms, 10000);
    CU_ASSERT(c.options.insecure);
    CHECK_INT(c.options.channel_limit, 5);
    CHECK_TEXT(c.options.token.hmac_secret_key, "k\xc3\xa9y");
    CHECK_TEXT(c.options.allowed_origins, "https://a.example *");
    CU_ASSERT_DOUBLE_EQUAL(c.options.logins_per_s, 0.5, 1e-12);
    CHECK_TEXT(c.options.tls_cert, "c.pem");
    CHECK_INT(c.options.pong_timeout_ms, 8000); /* what is not in it stays */
    config_fini(&c);
}

static void an_unknown_option_is_named_with_the_nearest(void)
{
    struct config c;
    CHECK_INT(read_json(&c, "{\"client\": {\"ping_intervall\": \"10s\"}}"), ERR_BAD_REQUEST);
    CHECK_TEXT(error, "There is no option client.ping_intervall; the nearest is "
                      "client.ping_interval.");
    config_fini(&c);
    CHECK_INT(read_json(&c, "{\"something_else_entirely\": 1}"), ERR_BAD_REQUEST);
    CHECK_TEXT(error, "There is no option something_else_entirely.");
    config_fini(&c);
    CHECK_INT(read_json(&c, "{\"client\": 5}"), ERR_BAD_REQUEST);
    CU_ASSERT(strstr(error, "client") != NULL);
    config_fini(&c);
    CHECK_INT(read_json(&c, "{\"client.ping_interval\": \"10s\"}"), ERR_OK); /* or in one piece */
    CHECK_INT(c.options.ping_interval_ms, 10000);
    config_fini(&c);
}

static void a_wrong_value_is_named_and_described(void)
{
    static const struct {
        const char *json, *words;
    } rows[] = {
        {"{\"client\": {\"ping_interval\": 25}}", "client.ping_interval must be a duration"},
        {"{\"client\": {\"ping_interval\": \"25\"}}", "client.ping_interval must be a duration"},
        {"{\"client\": {\"channel_limit\": \"many\"}}", "client.channel_limit must be a whole"},
        {"{\"client\": {\"channel_limit\": -1}}", "client.channel_limit must be a whole"},
        {"{\"client\": {\"channel_limit\": 99999999999}}", "client.channel_limit must be a whole"},
        {"{\"client\": {\"insecure\": 1}}", "client.insecure must be true or false"},
        {"{\"client\": {\"allowed_origins\": [1]}}", "client.allowed_origins must be a list"},
        {"{\"listen\": []}", "listen must be an address"},
        {"{\"listen\": null}", "listen must be an address"},
        {"{\"data\": {}}", "data must be the path of a folder"},
        {"{\"data\": \"\"}", "data must be the path of a folder"},
        {"{\"tasks\": 0}",
         "tasks must be a whole number from 1"}, /* each of these ended in an abort */
        {"{\"readers\": 0}", "readers must be a whole number from 1"},
        {"{\"http\": {\"workers\": 0}}", "http.workers must be a whole number from 1"},
        {"{\"writer\": {\"queue\": 0}}", "writer.queue must be a whole number from 1"},
        {"{\"writer\": {\"batch\": 1000001}}", "writer.batch must be a whole number from 1"},
        {"{\"client\": {\"pong_timeout\": \"0\"}}", "24h, and not 0"},
        {"{\"client\": {\"queue_max_size\": 1023}}", "at least 1024"},
        {"{\"websocket\": {\"compression_level\": 0}}", "from 1 to 9"},
        {"{\"websocket\": {\"compression_level\": 10}}", "from 1 to 9"},
        {"{\"websocket\": {\"compression\": 1}}", "true or false"},
        {"{\"websocket\": {\"compression_min_size\": -1}}", "a number of bytes"},
        {"[]", "not a JSON object"},
        {"{\"data\": \"x\"", "Line 1 is not JSON"},
        {"{\n\"data\": \"x\",\n\"listen\": nonsense}", "Line 3 is not JSON"},
        {"{} {}", "Line 1 is not JSON"},
        {"", "Line 1 is not JSON"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct config c;
        CHECK_INT(read_json(&c, rows[i].json), ERR_BAD_REQUEST);
        if (!strstr(error, rows[i].words))
            CHECK_TEXT(error, rows[i].words);
        config_fini(&c);
    }
}

static void only_a_few_listeners_fit(void)
{
    struct config c;
    CHECK_INT(config_init(&c), ERR_OK);
    CHECK_INT(
        config_set(&c, TEXT("listen"), TEXT("a:1 a:2,a:3  a:4 a:5 a:6 a:7 a:8"), false, error),
        ERR_OK);
    CHECK_INT(c.options.listen_count, LISTEN_MAX);
    CHECK_TEXT(c.options.listen[2], "a:3");
    CHECK_INT(config_set(&c, TEXT("listen"), TEXT("a:9"), true, error), ERR_BAD_REQUEST);
    config_fini(&c);
}

/* ---- the command line */

static struct arguments a;

static enum err read_arguments(struct config *c, char *const *argv, char *const *environment)
{
    error[0] = 0;
    return arguments_read(argv, environment, TAKES_SERVE, &a, c, error);
}

static void flags_win_over_the_environment_and_that_over_the_file(void)
{
    struct config c;
    struct tmpdb folder = tmpdb_make();
    char *file = folder.path;
    int fd = open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    static const char json[] =
        "{\"data\": \"file\", \"readers\": 7, \"tasks\": 7, \"typing\": \"7s\"}";
    CHECK_INT(write(fd, json, sizeof json - 1), sizeof json - 1);
    (void)close(fd);
    char *environment[] = {"SNUG_READERS=8",
                           "SNUG_TASKS=8",
                           "SNUG_BIN=x",
                           "SNUG_=",
                           "PATH=y",
                           "SNUG_CLIENT_TOKEN_HMAC_SECRET_KEY=s",
                           NULL};
    char *argv[] = {"--tasks", "9", "--config", file, "--http.workers=3", NULL};
    CHECK_INT(read_arguments(&c, argv, environment), ERR_OK);
    CHECK_TEXT(error, "");
    CHECK_TEXT(c.options.data, "file");
    CHECK_INT(c.options.typing_ms, 7000);
    CHECK_INT(c.options.readers, 8);
    CHECK_INT(c.options.tasks, 9);
    CHECK_INT(c.options.http_workers, 3);
    CHECK_TEXT(c.options.token.hmac_secret_key, "s");
    config_fini(&c);
    environment[0] = "SNUG_READERS=many";
    CHECK_INT(read_arguments(&c, argv, environment), ERR_BAD_REQUEST);
    CHECK_TEXT(error, "SNUG_READERS: readers must be a whole number from 1 to 256.");
    config_fini(&c);
    tmpdb_remove(&folder);
    CHECK_INT(read_arguments(&c, argv, no_environment), ERR_IO);
    CU_ASSERT(strstr(error, file) != NULL);
    config_fini(&c);
}

static void listen_may_be_given_again(void)
{
    struct config c;
    char *argv[] = {"--listen",          "127.0.0.1:1", "--ephemeral", "--listen=127.0.0.1:2",
                    "--client.insecure", "word",        NULL};
    CHECK_INT(read_arguments(&c, argv, no_environment), ERR_OK);
    CHECK_INT(c.options.listen_count, 2);
    CHECK_TEXT(c.options.listen[0], "127.0.0.1:1");
    CHECK_TEXT(c.options.listen[1], "127.0.0.1:2");
    CU_ASSERT(c.listen_given && a.ephemeral && !a.ready_json && c.options.insecure);
    CHECK_INT(a.words_count, 1);
    CHECK_TEXT(a.words[0], "word");
    config_fini(&c);
}

static void wrong_flags_are_named(void)
{
    static const struct {
        const char *argv[3];
        const char *words;
    } rows[] = {
        {{"--lisen", "x"}, "There is no option --lisen; the nearest is --listen."},
        {{"--ready-jsom"}, "There is no option --ready-jsom; the nearest is --ready-json."},
        {{"--admin"}, "There is no option --admin"}, /* of another command */
        {{"--listen"}, "--listen needs a value."},
        {{"--ephemeral=yes"}, "--ephemeral takes no value."},
        {{"-x"}, "There is no option -x."},
        {{"--readers", "x"}, "readers must be a whole number from 1 to 256."},
        {{"--client.insecure=maybe"}, "client.insecure must be true or false."},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct config c;
        char *argv[] = {(char *)rows[i].argv[0], (char *)rows[i].argv[1], NULL};
        CHECK_INT(read_arguments(&c, argv, no_environment), ERR_BAD_REQUEST);
        if (!strstr(error, rows[i].words))
            CHECK_TEXT(error, rows[i].words);
        config_fini(&c);
    }
}

/* ---- the table and memory */

static void every_option_is_in_the_help(void)
{
    struct buf out;
    buf_init(&out, 65536);
    config_write_table(&out);
    buf_add_char(&out, 0);
#define OPTION(name, kind, field, fallback, text)                                                  \
    CU_ASSERT(strstr(out.data, "--" #name " ") != NULL);
#include "cli/options.def"
#undef OPTION
    buf_fini(&out);
}

static void no_memory_is_an_error_and_leaks_nothing(void)
{
    for (unsigned n = 1;; n++) {
        struct config c;
        char *argv[] = {"--data", "d", "--listen", "a:1", NULL};
        fault_at(n);
        enum err e = read_arguments(&c, argv, no_environment);
        bool failed = fault_end();
        config_fini(&c);
        if (!failed)
            break;
        CHECK_INT(e, ERR_NOMEM);
    }
}

UNIT("cli/config", CASE(the_defaults_are_those_of_the_table), CASE(a_file_is_nested_at_the_dots),
     CASE(an_unknown_option_is_named_with_the_nearest), CASE(a_wrong_value_is_named_and_described),
     CASE(only_a_few_listeners_fit), CASE(flags_win_over_the_environment_and_that_over_the_file),
     CASE(listen_may_be_given_again), CASE(wrong_flags_are_named),
     CASE(every_option_is_in_the_help), CASE(no_memory_is_an_error_and_leaks_nothing))
