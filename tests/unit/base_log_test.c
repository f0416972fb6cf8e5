/* Guards: one event is one line whatever is in it, so that nobody outside can write lines of their own. */
#include "base/log.h"

#include "base/env.h"
#include "base/metrics.h"
#include "fault.h"
#include "unit.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char said[8192];

static int real_stderr;
static FILE *file;

static void begin(void)
{
    file = tmpfile();
    real_stderr = dup(STDERR_FILENO);
    (void)dup2(fileno(file), STDERR_FILENO);
}

/* What was logged since begin(), without the time stamps. */
static const char *end(void)
{
    (void)dup2(real_stderr, STDERR_FILENO);
    (void)close(real_stderr);
    rewind(file);
    size_t len = fread(said, 1, sizeof said - 1, file);
    said[len] = 0;
    (void)fclose(file);
    return len > 25 ? said + 25 : said;
}

static void a_line_has_time_level_event_and_fields(void)
{
    begin();
    log_event(LOG_INFO, "client_connected", KV_STR("client", "abc-1"), KV_INT("room", -4));
    CHECK_TEXT(end(), "info client_connected client=abc-1 room=-4\n");
    const char *form = "nnnn-nn-nnTnn:nn:nn.nnnZ "; /* n: a digit */
    for (size_t i = 0; form[i]; i++)
        CU_ASSERT(form[i] == 'n' ? isdigit((unsigned char)said[i]) : said[i] == form[i]);
    begin();
    log_event(LOG_ERROR, "bare");
    CHECK_TEXT(end(), "error bare\n");
}

static void values_are_escaped_so_that_a_line_stays_a_line(void)
{
    static const struct {
        struct text value;
        const char *wanted;
    } rows[] = {
        {{"", 0}, "k=\"\""},
        {{NULL, 0}, "k=\"\""},
        {{"two words", 9}, "k=\"two words\""},
        {{"a=b", 3}, "k=\"a=b\""},
        {{"say \"hi\"\\", 9}, "k=\"say \\\"hi\\\"\\\\\""},
        {{"x\n2026-01-01 error forged", 25}, "k=\"x\\x0a2026-01-01 error forged\""},
        {{"\r\t\0\x1b[2J\x7f", 8}, "k=\"\\x0d\\x09\\x00\\x1b[2J\\x7f\""},
        {{"\xc2\x9b"
          "2J",
          4},
         "k=\"\\x9b2J\""}, /* C1's own escape */
        {{"caf\xc3\xa9", 5}, "k=caf\xc3\xa9"},
        {{"caf\xc3\xa9 \xc2\xa0", 8}, "k=\"caf\xc3\xa9 \xc2\xa0\""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char wanted[200];
        (void)snprintf(wanted, sizeof wanted, "warn e %s\n", rows[i].wanted);
        begin();
        log_event(LOG_WARN, "e", KV_TEXT("k", rows[i].value));
        CHECK_TEXT(end(), wanted);
    }
}

static void long_values_and_lines_are_cut_and_still_end(void)
{
    static char block[5000];
    memset(block, 'x', sizeof block);
    begin();
    log_event(LOG_INFO, "e", KV_TEXT("k", ((struct text){block, sizeof block})), KV_INT("n", 1));
    CHECK_INT(strlen(end()), strlen("info e k= n=1\n") + 400);

    memset(block, '\n', sizeof block); /* 400 line ends are 1,600 bytes escaped: two do not fit */
    begin();
    log_event(LOG_INFO, "e", KV_TEXT("a", ((struct text){block, sizeof block})),
              KV_TEXT("b", ((struct text){block, sizeof block})));
    (void)end();
    size_t len = strlen(said);
    CU_ASSERT(len <= 2048);
    CU_ASSERT_PTR_EQUAL(strchr(said, '\n'), said + len - 1); /* one line end, the last byte */

    for (size_t i = 0; i < sizeof block; i++)
        block[i] = "\xe2\x82\xac"[i % 3];
    begin();
    log_event(LOG_INFO, "e", KV_TEXT("k", ((struct text){block, sizeof block})));
    CHECK_INT(strlen(end()), strlen("info e k=\n") + 399); /* 133 whole characters */
}

static void no_memory_is_needed_to_say_so(void)
{
    begin();
    fault_from(1);
    log_event(LOG_ERROR, "out_of_memory", KV_STR("where", "every where"));
    CU_ASSERT_FALSE(fault_end());
    CHECK_TEXT(end(), "error out_of_memory where=\"every where\"\n");
}

static void lines_below_the_level_are_dropped(void)
{
    begin();
    log_event(LOG_DEBUG, "unseen");
    log_set_level(LOG_ERROR);
    log_event(LOG_WARN, "unseen");
    log_event(LOG_ERROR, "seen");
    log_set_level(LOG_DEBUG);
    CHECK_TEXT(end(), "error seen\n");
    begin();
    log_event(LOG_DEBUG, "now_seen");
    CHECK_TEXT(end(), "debug now_seen\n");
    log_set_level(LOG_INFO);
}

static void a_level_has_a_name(void)
{
    enum log_level level = LOG_INFO;
    CU_ASSERT_TRUE(log_level_find(TEXT("Debug"), &level) && level == LOG_DEBUG);
    CU_ASSERT_TRUE(log_level_find(TEXT("error"), &level) && level == LOG_ERROR);
    CU_ASSERT_FALSE(log_level_find(TEXT("trace"), &level));
    CU_ASSERT_FALSE(log_level_find(TEXT(""), &level));
    CHECK_INT(level, LOG_ERROR);
}

/* Nobody reads: who logs goes on all the same, log_stop ends in time, and what is read later are whole lines in order. */
static void a_reader_that_is_behind_holds_nobody_up(void)
{
    enum { LINES = 60000 };
    int ends[2], kept = dup(STDERR_FILENO);
    int64_t dropped = metric_get(METRIC_log_dropped);
    CHECK_INT(pipe2(ends, O_CLOEXEC), 0);
    CHECK_INT(dup2(ends[1], STDERR_FILENO), STDERR_FILENO);
    CHECK_INT(log_start(), ERR_OK);
    for (int i = 0; i < LINES; i++)
        log_event(LOG_INFO, "somebody_came", KV_INT("n", i));
    int64_t began_ms = env_monotonic_ms(&env_real);
    log_stop(50);
    CU_ASSERT(env_monotonic_ms(&env_real) - began_ms < 5000);
    dropped = metric_get(METRIC_log_dropped) - dropped;
    CU_ASSERT(dropped > 0 && dropped < LINES - 10000);
    FILE *read_end = fdopen(ends[0], "r");
    char line[200];
    int lines = 0;
    long last = -1;
    for (; lines < LINES - dropped && fgets(line, sizeof line, read_end); lines++) {
        static const char before[] = " info somebody_came n=";
        char *number = strstr(line, before), *rest = NULL;
        long n = number ? strtol(number + sizeof before - 1, &rest, 10) : -1;
        CU_ASSERT(n > last && n < LINES && strcmp(rest, "\n") == 0);
        last = n;
    }
    CHECK_INT(lines, LINES - dropped);
    CHECK_INT(dup2(kept, STDERR_FILENO), STDERR_FILENO);
    (void)close(kept);
    (void)close(ends[1]);
    (void)fclose(read_end);
}

static void a_line_after_the_writer_is_written_at_once(void)
{
    begin();
    CHECK_INT(log_start(), ERR_OK);
    log_event(LOG_INFO, "queued");
    log_stop(5000);
    log_event(LOG_INFO, "at_once");
    const char *lines = end(); /* the first without its time stamp */
    CU_ASSERT(strncmp(lines, "info queued\n", 12) == 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(lines, "Z info at_once\n"));
}

UNIT("base/log", CASE(a_line_after_the_writer_is_written_at_once),
     CASE(a_line_has_time_level_event_and_fields),
     CASE(values_are_escaped_so_that_a_line_stays_a_line),
     CASE(long_values_and_lines_are_cut_and_still_end), CASE(no_memory_is_needed_to_say_so),
     CASE(lines_below_the_level_are_dropped), CASE(a_level_has_a_name),
     CASE(a_reader_that_is_behind_holds_nobody_up))
