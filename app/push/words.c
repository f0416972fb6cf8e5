#include "push/words.h"

#include "wire/utf8.h"

#define LOOKED_MAX                                                                                 \
    4000 /* bytes of the message that are looked at: signs and addresses of links are long */

struct walk {
    struct text text;
    size_t at;
    struct buf *out;
    size_t count; /* characters that were written */
    bool gap;     /* white space came since */
};

static char peek(const struct walk *w, size_t ahead)
{
    if (w->at + ahead >= w->text.len)
        return 0;
    return w->text.data[w->at + ahead];
}

/* The signs a line begins with: #, >, those of a list, and fences with what stands behind them. */
static void skip_start(struct walk *w)
{
    size_t n = 0;
    while (peek(w, n) == ' ' || peek(w, n) == '>')
        n++;
    if (peek(w, n) == '`' && peek(w, n + 1) == '`' && peek(w, n + 2) == '`') {
        while (peek(w, n) && peek(w, n) != '\n')
            n++;
    } else if (peek(w, n) == '#') {
        size_t signs = n;
        while (peek(w, signs) == '#')
            signs++;
        n = byte_is_space(peek(w, signs)) ? signs : n;
    } else if ((peek(w, n) == '-' || peek(w, n) == '*' || peek(w, n) == '+') &&
               peek(w, n + 1) == ' ') {
        n++;
    }
    w->at += n;
}

/* [words](address): the address is skipped behind its words, at the bracket that closes them. */
static bool skip_address(struct walk *w)
{
    if (peek(w, 0) != ']' || peek(w, 1) != '(')
        return false;
    for (size_t n = 2; peek(w, n) && !byte_is_space(peek(w, n)); n++)
        if (peek(w, n) == ')') {
            w->at += n + 1;
            return true;
        }
    return false;
}

/* Whether a bracket here begins a link. */
static bool begins_link(const struct walk *w)
{
    for (size_t n = 1; peek(w, n) && peek(w, n) != '\n' && peek(w, n) != '['; n++)
        if (peek(w, n) == ']')
            return peek(w, n + 1) == '(';
    return false;
}

/* A sign that is not shown; an underscore inside a word is one of its letters. */
static bool is_sign(const struct walk *w)
{
    char c = peek(w, 0), after = peek(w, 1), before = ' ';
    if (w->at > 0)
        before = w->text.data[w->at - 1];
    switch (c) {
    case '`':
        return true;
    case '*':
        return !(byte_is_space(before) && byte_is_space(after));
    case '_':
        return !(byte_is_of_word(before) && byte_is_of_word(after));
    case '~':
        return after == '~' || before == '~';
    case '[':
        return begins_link(w);
    case '!':
        return after == '[';
    case '\\':
        return after > ' ' && !byte_is_of_word(after);
    default:
        return false;
    }
}

static void put(struct walk *w, size_t bytes)
{
    if (w->gap && w->count > 0) {
        buf_add_char(w->out, ' ');
        w->count++;
    }
    w->gap = false;
    buf_add(w->out, w->text.data + w->at, bytes);
    w->count++;
    w->at += bytes;
}

void push_words(struct text message, struct buf *out)
{
    struct walk w = {.text = message, .out = out};
    if (w.text.len > LOOKED_MAX)
        w.text.len = LOOKED_MAX;
    skip_start(&w);
    while (w.at < w.text.len && w.count < PUSH_WORDS_MAX) {
        char c = peek(&w, 0);
        if (byte_is_space(c)) {
            w.gap = true;
            w.at++;
            if (c == '\n')
                skip_start(&w);
        } else if (skip_address(&w)) {
            continue;
        } else if (is_sign(&w)) {
            bool escapes = c == '\\';
            w.at++;
            if (escapes)
                put(&w, 1);
        } else {
            size_t bytes = utf8_first(text_after(w.text, w.at));
            if (bytes == 0) /* half of one */
                break;
            put(&w, bytes);
        }
    }
    if (text_trim(text_after(message, w.at)).len > 0)
        buf_add_text(out, TEXT("\xe2\x80\xa6"));
}
