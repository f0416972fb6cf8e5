#include "base/log_inside.h"

#include "base/buf.h"
#include "base/must.h"

#include <stdio.h>
#include <sys/time.h>
#include <time.h>

#define LINE_MAX_BYTES 2048
#define VALUE_MAX_BYTES 400

static enum log_level lowest = LOG_INFO;
static const char *const level_names[] = {"debug", "info", "warn", "error"};

/* C0, DEL, and C1, which is C2 80-9F in UTF-8 and moves the cursor of some terminals. */
static bool is_control(struct text t, size_t i)
{
    unsigned char c = (unsigned char)t.data[i];
    bool c1 = c == 0xc2 && i + 1 < t.len && (unsigned char)t.data[i + 1] < 0xa0;
    return c < ' ' || c == 0x7f || c1;
}

static bool is_plain(struct text t)
{
    for (size_t i = 0; i < t.len; i++) {
        char c = t.data[i];
        if (is_control(t, i) || c == ' ' || c == '"' || c == '\\' || c == '=')
            return false;
    }
    return t.len > 0;
}

static void add_value(struct buf *b, struct text t)
{
    if (t.len > VALUE_MAX_BYTES) {
        t.len = VALUE_MAX_BYTES;
        while (t.len > 0 && ((unsigned char)t.data[t.len] & 0xc0) == 0x80)
            t.len--; /* not in the middle of a character */
    }
    if (is_plain(t)) {
        buf_add_text(b, t);
        return;
    }
    buf_add_char(b, '"');
    for (size_t i = 0; i < t.len; i++) {
        unsigned char c = (unsigned char)t.data[i];
        if (is_control(t, i))
            buf_add_format(b, "\\x%02x", c == 0xc2 ? (unsigned char)t.data[++i] : c);
        else if (c == '"' || c == '\\')
            buf_add_format(b, "\\%c", c);
        else
            buf_add_char(b, (char)c);
    }
    buf_add_char(b, '"');
}

void log_fields(enum log_level level, const char *event, const struct log_field *fields)
{
    if (level < lowest)
        return;
    struct timeval now;
    struct tm utc;
    must(gettimeofday(&now, NULL) == 0 && gmtime_r(&now.tv_sec, &utc));
    char stamp[32];
    (void)strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%S", &utc);

    char room[LINE_MAX_BYTES + 1]; /* no allocation: "out of memory" must be loggable */
    struct buf line = {.data = room, .room = LINE_MAX_BYTES, .cap_bytes = LINE_MAX_BYTES};
    buf_add_format(&line, "%s.%03dZ %s %s", stamp, (int)(now.tv_usec / 1000), level_names[level],
                   event);
    for (const struct log_field *f = fields; f->key; f++) {
        buf_add_format(&line, " %s=", f->key);
        if (f->is_number)
            buf_add_int(&line, f->number);
        else
            add_value(&line, f->text);
    }
    line.err = ERR_OK; /* a line that is too long is cut, not lost */
    if (line.len == line.cap_bytes)
        line.len--;
    buf_add_char(&line, '\n');
    if (!log_queue(line.data, line.len))
        log_write_all(line.data, line.len);
}

bool log_level_find(struct text name, enum log_level *out)
{
    for (unsigned i = 0; i <= LOG_ERROR; i++)
        if (text_is_nocase(name, text_of(level_names[i]))) {
            *out = (enum log_level)i;
            return true;
        }
    return false;
}

void log_set_level(enum log_level level)
{
    lowest = level;
}
