/* A bar is drawn for a person, over itself, ten times a second, and leaves nothing behind; a script sees none of it. */
#include "base/bar.h"
#include "base/must.h"
#include "unit.h"

#include <fcntl.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

/* What goes to stderr between begin and end, which is a terminal or a pipe meanwhile. */
struct watched {
    int reader, writer, before;
};

static struct watched watch(bool terminal)
{
    struct watched w;
    if (terminal) {
        char name[64];
        w.reader = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
        must(w.reader >= 0 && grantpt(w.reader) == 0 && unlockpt(w.reader) == 0 &&
             ptsname_r(w.reader, name, sizeof name) == 0);
        w.writer = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
        struct termios raw;
        must(w.writer >= 0 && tcgetattr(w.writer, &raw) == 0);
        cfmakeraw(&raw); /* line ends stay as they are */
        must(tcsetattr(w.writer, TCSANOW, &raw) == 0);
    } else {
        int ends[2];
        must(pipe2(ends, O_CLOEXEC) == 0);
        w.reader = ends[0];
        w.writer = ends[1];
    }
    w.before = dup(STDERR_FILENO);
    must(w.before >= 0 && dup2(w.writer, STDERR_FILENO) == STDERR_FILENO);
    return w;
}

/* out: all that was written since. A terminal hands it on when it likes: a sign says where it ends. */
static void seen(const struct watched *w, char out[1024])
{
    size_t len = 0;
    must(fputc('$', stderr) == '$' && fflush(stderr) == 0);
    while (len == 0 || out[len - 1] != '$') {
        ssize_t n = read(w->reader, out + len, 1024 - len);
        must(n > 0 && len + (size_t)n < 1024);
        len += (size_t)n;
    }
    out[len - 1] = 0;
}

static void watch_end(struct watched *w)
{
    must(fflush(stderr) == 0 && dup2(w->before, STDERR_FILENO) == STDERR_FILENO);
    (void)close(w->before);
    (void)close(w->writer);
    (void)close(w->reader);
}

#define WIPE "\r\x1b[K"

static void each_unit_has_its_words(void)
{
    static const struct {
        enum bar_unit unit;
        int64_t done, total;
        const char *words;
    } rows[] = {
        {BAR_BYTES, 0, 0, WIPE "Doing: 0 bytes"},
        {BAR_BYTES, 999, 0, WIPE "Doing: 999 bytes"},
        {BAR_BYTES, 1500000, 3000000,
         WIPE "Doing [###############...............]  50 %, 1.5 MB of 3.0 MB"},
        {BAR_STEPS, 1, 3, WIPE "Doing [##########....................]  33 %, 1 of 3"},
        {BAR_STEPS, 3, 3, WIPE "Doing [##############################] 100 %, 3 of 3"},
        {BAR_STEPS, 4, 3, WIPE "Doing [##############################] 100 %, 4 of 3"},
        {BAR_STEPS, -1, 3, WIPE "Doing [..............................]   0 %, -1 of 3"},
        {BAR_STEPS, 7, 0, WIPE "Doing: 7"},
        {BAR_SHARE, 99, 100, WIPE "Doing [#############################.]  99 %"},
        {BAR_SHARE, INT64_MAX, INT64_MAX, WIPE "Doing [##############################] 100 %"},
        {BAR_SHARE, 1, 0, WIPE "Doing"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct bar b = {.word = "Doing", .unit = rows[i].unit};
        struct watched w = watch(true);
        char out[1024];
        bar_show_at(&b, 1, rows[i].done, rows[i].total);
        seen(&w, out);
        watch_end(&w);
        CHECK_TEXT(out, rows[i].words);
    }
}

static void it_is_drawn_ten_times_a_second_and_wiped(void)
{
    struct bar b = {.word = "A", .unit = BAR_STEPS};
    struct watched w = watch(true);
    char first[1024], soon[1024], later[1024], end[1024], again[1024];
    bar_show_at(&b, 1000, 1, 0);
    seen(&w, first);
    bar_show_at(&b, 1099, 2, 0);
    seen(&w, soon);
    b.word = "B";
    bar_show_at(&b, 1100, 3, 0);
    seen(&w, later);
    bar_end(&b);
    bar_end(&b); /* once is enough */
    seen(&w, end);
    bar_show_at(&b, 1101, 4, 0); /* a new one waits for nothing */
    seen(&w, again);
    watch_end(&w);
    CHECK_TEXT(first, WIPE "A: 1");
    CHECK_TEXT(soon, "");
    CHECK_TEXT(later, WIPE "B: 3");
    CHECK_TEXT(end, WIPE);
    CHECK_TEXT(again, WIPE "B: 4");
}

static void a_script_sees_nothing(void)
{
    struct bar b = {.word = "A", .unit = BAR_STEPS};
    struct watched w = watch(false);
    char out[1024];
    bar_show(&b, 1, 2);
    bar_end(&b);
    seen(&w, out);
    watch_end(&w);
    CHECK_TEXT(out, "");
}

UNIT("base/bar", CASE(each_unit_has_its_words), CASE(it_is_drawn_ten_times_a_second_and_wiped),
     CASE(a_script_sees_nothing))
