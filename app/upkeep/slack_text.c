#include "upkeep/slack_text.h"

/* Text outside of <...>: only these three are escaped. */
static void add_plain(struct text t, struct buf *out)
{
    static const struct {
        struct text name;
        char c;
    } escapes[] = {{{"&amp;", 5}, '&'}, {{"&lt;", 4}, '<'}, {{"&gt;", 4}, '>'}};
    while (t.len > 0) {
        size_t taken = 1;
        char c = t.data[0];
        for (size_t i = 0; c == '&' && i < sizeof escapes / sizeof escapes[0]; i++)
            if (text_starts(t, escapes[i].name)) {
                taken = escapes[i].name.len;
                c = escapes[i].c;
            }
        buf_add_char(out, c);
        t = text_after(t, taken);
    }
}

/* Before "|", and what is after it (empty: nothing). */
static void halves(struct text t, struct text *out_left, struct text *out_right)
{
    *out_right = t;
    if (!text_split(out_right, '|', out_left))
        *out_left = TEXT_NONE;
}

static void add_name(char kind, struct text id, struct text label, const struct slack_names *names,
                     struct buf *out)
{
    struct text name;
    if (!names->find(names->ctx, kind, id, &name))
        name = label.len ? label : id;
    if (name.len == 0 || name.data[0] != kind)
        buf_add_char(out, kind);
    add_plain(name, out);
}

/* <!here>, <!subteam^S1|@team>, <!date^...|fallback> */
static void add_special(struct text what, struct text label, struct buf *out)
{
    if (label.len) {
        add_plain(label, out);
        return;
    }
    struct text rest = what, word;
    (void)text_split(&rest, '^', &word);
    buf_add_char(out, '@');
    add_plain(word, out);
}

static void add_link(struct text address, struct text label, struct buf *out)
{
    struct text scheme = TEXT("mailto:");
    struct text shown = text_starts(address, scheme) ? text_after(address, scheme.len) : address;
    bool same = label.len == 0 || text_is(label, shown) || text_is(label, address);
    if (same) {
        add_plain(shown, out);
        return;
    }
    buf_add_char(out, '[');
    add_plain(label, out);
    buf_add_text(out, TEXT("]("));
    add_plain(address, out);
    buf_add_char(out, ')');
}

/* Behind the end of <...>; 0: it is none. What people write themselves is escaped. */
static size_t bracket_end(struct text t, size_t at)
{
    const char *close = memchr(t.data + at, '>', t.len - at);
    size_t end = close ? (size_t)(close - t.data) + 1 : 0;
    bool begins = at + 1 < t.len && !strchr(" <>|\n", t.data[at + 1]);
    return end && begins && !memchr(t.data + at + 1, '<', end - at - 1) ? end : 0;
}

/* What is between < and >. */
static void add_bracket(struct text inside, const struct slack_names *names, struct buf *out)
{
    struct text left, right;
    char kind = inside.data[0];
    halves(kind == '@' || kind == '#' || kind == '!' ? text_after(inside, 1) : inside, &left,
           &right);
    if (kind == '@' || kind == '#')
        add_name(kind, left, right, names, out);
    else if (kind == '!')
        add_special(left, right, out);
    else
        add_link(left, right, out);
}

static bool is_edge(struct text t, size_t at)
{
    static const char edges[] = " \t\n.,;:!?()[]\"'_~-";
    return at >= t.len || (t.data[at] && strchr(edges, t.data[at]) != NULL);
}

/* *bold* is one pair of stars on one line, at the edges of words. out: where the second one is; 0: it is none */
static size_t bold_end(struct text t, size_t at)
{
    if ((at > 0 && !is_edge(t, at - 1)) || at + 1 >= t.len || t.data[at + 1] == ' ' ||
        t.data[at + 1] == '*')
        return 0;
    for (size_t i = at + 1; i < t.len && !strchr("\n<`", t.data[i]); i++)
        if (t.data[i] == '*')
            return t.data[i - 1] != ' ' && is_edge(t, i + 1) ? i : 0;
    return 0;
}

/* Code is left as it is, escapes excepted. out: behind its end */
static size_t code_end(struct text t, size_t at)
{
    bool block = text_starts(text_after(t, at), TEXT("```"));
    size_t step = block ? 3 : 1;
    for (size_t i = at + step; i + step <= t.len; i++) {
        if (!block && t.data[i] == '\n')
            return 0;
        if (memcmp(t.data + i, "```", step) == 0)
            return i + step;
    }
    return 0;
}

void slack_text(struct text t, const struct slack_names *names, struct buf *out)
{
    size_t from = 0, second_star = SIZE_MAX; /* of the pair that is open */
    for (size_t i = 0; i < t.len;) {
        size_t next = i + 1;
        char c = t.data[i];
        size_t bracket = c == '<' ? bracket_end(t, i) : 0;
        size_t code = c == '`' ? code_end(t, i) : 0;
        bool star = c == '*' && (i == second_star || (second_star == SIZE_MAX && bold_end(t, i)));
        if (code) {
            next = code;
        } else if (star || bracket) {
            add_plain((struct text){t.data + from, i - from}, out);
            if (star) {
                second_star = i == second_star ? SIZE_MAX : bold_end(t, i);
                buf_add_text(out, TEXT("**"));
            } else {
                next = bracket;
                add_bracket((struct text){t.data + i + 1, next - i - 2}, names, out);
            }
            from = next;
        }
        i = next;
    }
    add_plain((struct text){t.data + from, t.len - from}, out);
}
