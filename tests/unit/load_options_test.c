/* Guards: wrong use is refused in a sentence that names the flag; what is not given is the workload's. */
#include "load/options.h"
#include "unit.h"

#include <stdio.h>

#define ARGS_MOST 12

/* Reads a line of words. */
static enum err read_words(const char *line, struct load_options *out, char error[LOAD_ERROR_SIZE])
{
    static char copy[4096];
    char *argv[ARGS_MOST + 1] = {NULL}, *save = NULL;
    size_t count = 0;
    (void)snprintf(copy, sizeof copy, "%s", line);
    for (char *word = strtok_r(copy, " ", &save); word && count < ARGS_MOST;
         word = strtok_r(NULL, " ", &save))
        argv[count++] = word;
    error[0] = 0;
    return load_options_read(argv, out, error);
}

static void check_bad(const char *line, const char *words)
{
    struct load_options o;
    char error[LOAD_ERROR_SIZE];
    CHECK_INT(read_words(line, &o, error), ERR_BAD_REQUEST);
    if (!strstr(error, words))
        CHECK_TEXT(error, words);
}

static void each_bad_value_names_its_flag(void)
{
#define URL "--url ws://h:1/p "
    static const char *const numbers[] = {"seconds",   "connections", "rooms",           "rate",
                                          "in-flight", "size",        "source-addresses"};
    static const char *const bad[] = {"0", "-1", "x", "1x", "1.5", "9999999999", "01", ""};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        for (size_t b = 0; b < sizeof bad / sizeof bad[0]; b++) {
            char line[200], flag[64];
            (void)snprintf(line, sizeof line, "fan " URL "--%s=%s", numbers[i], bad[b]);
            (void)snprintf(flag, sizeof flag, "--%s must be a number from", numbers[i]);
            check_bad(line, flag);
        }
    check_bad("fan " URL "--size=63", "--size must be a number from 64 to 60000");
    check_bad("fan " URL "--dialect json", "--dialect must be centrifuge or plain");
    check_bad("fan " URL "--channel a\"b", "--channel must be");
    check_bad("fan " URL "--token=", "--token must have");
    check_bad("posts " URL "--token t --room x", "--room must be the number");
}

static void urls_are_whole_or_refused(void)
{
    static const char *const bad[] = {"http://h/", "ws://",        "ws://:80/",    "ws://h:0/",
                                      "ws://h:x/", "ws://h:65536", "ws://[::1",    "ws://[::1]x/",
                                      "ws://h:/",  "h:1/p",        "ws://h/p#frag"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char line[200];
        (void)snprintf(line, sizeof line, "fan --url %s", bad[i]);
        check_bad(line, "--url must be");
    }
    check_bad("fan", "--url is missing");
    struct load_target t;
    CU_ASSERT(load_target_read(TEXT("wss://[::1]:8443/a?b"), &t));
    CU_ASSERT(t.tls);
    CHECK_TEXT(t.host, "::1");
    CHECK_TEXT(t.port, "8443");
    CHECK_TEXT(t.authority, "[::1]:8443");
    CHECK_TEXT(t.path, "/a?b");
    CU_ASSERT(load_target_read(TEXT("ws://host?x"), &t));
    CHECK_TEXT(t.port, "80");
    CHECK_TEXT(t.path, "/?x");
}

static void flags_that_do_not_fit(void)
{
    check_bad("", "A workload is missing");
    check_bad("fun " URL, "no workload fun");
    check_bad("fan busy " URL, "one word too many");
    check_bad("fan " URL "--nothing", "no option --nothing");
    check_bad("fan " URL "-x", "no option -x");
    check_bad("fan " URL "--seconds", "--seconds needs a value");
    check_bad("fan " URL "--json=1", "--json takes no value");
    check_bad("fanmax " URL "--rate 5", "--rate is not for fanmax");
    check_bad("fan " URL "--in-flight 5", "--in-flight is not for fan");
    check_bad("echo " URL "--rooms 5", "--rooms is not for echo");
    check_bad("echo " URL "--connections 65536", "--connections times --in-flight must be");
    check_bad("echo " URL "--connections 8192 --in-flight 8", "--connections times --in-flight");
    check_bad("rooms " URL "--connections 5 --rooms 6", "--rooms must be at most");
    check_bad("fan " URL "--token a --token-file b", "only one");
    check_bad("fan " URL "--dialect plain --token a", "--dialect plain");
    check_bad("fan " URL "--dialect plain --channel a", "--channel is not");
    check_bad("fan " URL "--room 1", "--room is for posts");
    check_bad("posts " URL, "--token-file");
    check_bad("posts " URL "--token t --size 16001", "--size must be at most 16000");
    check_bad("posts " URL "--token-secret-env A", "--token-file");
    check_bad("fan " URL "--source-addresses 2", "--source-addresses is for");
}

static void what_is_not_given_is_the_workloads(void)
{
    struct load_options o;
    char error[LOAD_ERROR_SIZE];
    CHECK_INT(read_words("rooms --url ws://127.0.0.1:1", &o, error), ERR_OK);
    CHECK_INT(o.connections, 1000);
    CHECK_INT(o.rooms, 200);
    CHECK_INT(o.in_flight, 64);
    CHECK_INT(o.rate, 0);
    CHECK_INT(o.size, 128);
    CHECK_TEXT(o.target.path, "/connection/websocket");
    CHECK_INT(read_words("fan --url=ws://127.0.0.1:1 --dialect plain --rate=7", &o, error), ERR_OK);
    CHECK_INT(o.rate, 7);
    CHECK_INT(o.seconds, 10);
    CHECK_TEXT(o.target.path, "/");
    CU_ASSERT(o.plain);
    CHECK_INT(read_words("rooms --url ws://h:1 --connections 50", &o, error), ERR_OK);
    CHECK_INT(o.rooms, 50); /* no more rooms than connections */
    CHECK_INT(read_words("echo --url ws://h:1 --connections 7", &o, error), ERR_OK);
    CHECK_INT(o.rooms, 7);
    CHECK_INT(o.in_flight, 1);
    CHECK_INT(read_words("echo --url ws://h:1 --connections 8191 --in-flight 8", &o, error),
              ERR_OK);
    CHECK_INT(read_words("--help", &o, error), ERR_OK);
    CU_ASSERT(o.help);
}

UNIT("load/options", CASE(each_bad_value_names_its_flag), CASE(urls_are_whole_or_refused),
     CASE(flags_that_do_not_fit), CASE(what_is_not_given_is_the_workloads))
