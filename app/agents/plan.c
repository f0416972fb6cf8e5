#include "agents/plan.h"

#include "chat/mention.h"

#define WORDS_MAX 12
#define WORD_SIZE 16
#define AFTER_PHRASE_MAX 3 /* words that may follow a phrase: "who is here right now" */

static const struct {
    const char *tool, *thought, *purpose;
} doings[INTENT_COUNT] = {
    [INTENT_UNREAD] = {"unread_messages",
                       "You want to know what you missed. I look at what was written after your "
                       "read mark.",
                       "Read what you missed"},
    [INTENT_FIND] = {"search_messages",
                     "You are looking for something that was said. I search this room and the open "
                     "rooms you are in.",
                     "Search the messages"},
    [INTENT_MEMBERS] = {"room_members",
                        "You want to know who is here. I look at the members of this room and at "
                        "who is connected.",
                        "Look who is here"},
    [INTENT_SERVER] = {"server_metrics",
                       "You want to know how the server is. I read its own figures.",
                       "Read the server's figures"},
    [INTENT_WORDS] = {"search_messages",
                      "I do not know this question. I search this room and the open rooms you are "
                      "in for its words.",
                      "Search for the words"},
};

static const struct {
    enum intent intent;
    const char *phrase;
} phrases[] = {
    {INTENT_UNREAD, "what did i miss"},  {INTENT_UNREAD, "what have i missed"},
    {INTENT_UNREAD, "what did we miss"}, {INTENT_MEMBERS, "who is here"},
    {INTENT_MEMBERS, "whos here"},       {INTENT_MEMBERS, "who is online"},
    {INTENT_MEMBERS, "whos online"},     {INTENT_SERVER, "how is the server"},
    {INTENT_SERVER, "hows the server"},  {INTENT_SERVER, "how is this server"},
    {INTENT_SERVER, "server status"},
};

/* ---- words: runs of letters and digits in small letters, with where they stand in the text */

struct word {
    char letters[WORD_SIZE]; /* cut to fit: no phrase has a longer one */
    size_t begin, end;
};

/* Bytes of a sign that separates words at the start of `t`; 0: none. *out_inside: it stands inside a word and is left out. */
static size_t sign(struct text t, bool *out_inside)
{
    unsigned char c = (unsigned char)t.data[0];
    *out_inside = c == '\'';
    if (c < 0x80)
        return !((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'));
    if (c == 0xc2 && t.len > 1 && (unsigned char)t.data[1] < 0xc0)
        return 2; /* U+0080 to U+00BF: Latin signs */
    if (c != 0xe2 || t.len < 3 || ((unsigned char)t.data[1] & 0xfe) != 0x80)
        return 0;
    *out_inside = text_starts(t, TEXT("\u2019")) || text_starts(t, TEXT("\u2018"));
    return 3; /* U+2000 to U+207F: dashes, quotation marks, spaces */
}

/* The next word from *at on; false: no more. */
static bool word_next(struct text t, size_t *at, struct word *out)
{
    *out = (struct word){0};
    size_t len = 0;
    size_t i = *at;
    while (i < t.len) {
        bool inside;
        size_t n = sign(text_after(t, i), &inside);
        if (n && len && !inside)
            break;
        if (n) {
            i += n;
            continue;
        }
        if (len == 0)
            out->begin = i;
        if (len < WORD_SIZE - 1) {
            char c = t.data[i];
            out->letters[len] = (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
        }
        len++;
        out->end = ++i;
    }
    *at = i;
    return len > 0;
}

static bool is_word(const struct word *w, const char *letters)
{
    return strcmp(w->letters, letters) == 0;
}

static bool is_greeting(const struct word *w)
{
    return is_word(w, "nook") || is_word(w, "hey") || is_word(w, "hi") || is_word(w, "hello") ||
           is_word(w, "please");
}

/* True if the words begin with the phrase and not much follows. */
static bool begins_with(const struct word *words, size_t count, const char *phrase)
{
    struct text rest = text_of(phrase);
    struct text part;
    size_t i = 0;
    while (text_split(&rest, ' ', &part))
        if (i == count || !text_is(text_of(words[i++].letters), part))
            return false;
    return count - i <= AFTER_PHRASE_MAX;
}

/* ---- what is searched for: the text as it was written, without what surrounds it */

static struct text bare(struct text t)
{
    t = text_trim(t);
    while (t.len && strchr(":,;", t.data[0]))
        t = text_trim(text_after(t, 1));
    while (t.len && strchr("?!.,;:", t.data[t.len - 1]))
        t = text_trim((struct text){t.data, t.len - 1});
    return t;
}

static bool plan_find(struct text text, const struct word *words, size_t count, struct plan *out)
{
    size_t last = 0;
    if (count > 1 && is_word(&words[0], "look") && is_word(&words[1], "for"))
        last = 1;
    else if (count && is_word(&words[0], "search"))
        last = count > 2 && is_word(&words[1], "for");
    else if (count == 0 || !is_word(&words[0], "find"))
        return false;
    *out = (struct plan){INTENT_FIND, bare(text_after(text, words[last].end))};
    return true;
}

/* What stands before the first @nook and what follows it, without the signs directly behind it; false: it is not there. */
static bool find_name(struct text message, struct text *out_before, struct text *out_after)
{
    char name[NAME_SIZE];
    size_t at = 0;
    while (mention_next(message, &at, name)) {
        size_t len = strlen(name), start = at - len - 1;
        while (len > 0 && (name[len - 1] == '.' || name[len - 1] == '-'))
            len--; /* "@nook." ends a sentence */
        if (!text_is((struct text){name, len}, TEXT("nook")))
            continue;
        struct text after = text_trim(text_after(message, start + 1 + len));
        while (after.len && strchr(",:;-.?!", after.data[0]))
            after = text_trim(text_after(after, 1));
        *out_before = text_trim((struct text){message.data, start});
        *out_after = after;
        return true;
    }
    return false;
}

struct plan plan_of(struct text text)
{
    struct text before, after;
    if (find_name(text, &before, &after) && before.len == 0)
        text = after; /* a leading @nook; later in the text it is a word like any other */
    struct word words[WORDS_MAX];
    size_t count = 0, at = 0;
    struct word w;
    while (count < WORDS_MAX && word_next(text, &at, &w))
        if (count || !is_greeting(&w))
            words[count++] = w;

    struct plan plan;
    if (plan_find(text, words, count, &plan))
        return plan;
    for (size_t i = 0; i < sizeof phrases / sizeof phrases[0]; i++)
        if (begins_with(words, count, phrases[i].phrase))
            return (struct plan){phrases[i].intent, TEXT_NONE};
    return (struct plan){INTENT_WORDS, bare(text)};
}

const char *plan_tool(enum intent intent)
{
    return doings[intent].tool;
}

const char *plan_thought(enum intent intent)
{
    return doings[intent].thought;
}

const char *plan_purpose(enum intent intent)
{
    return doings[intent].purpose;
}

bool plan_asked(struct text message, bool to_agent, struct text *out_question)
{
    struct text before, after;
    bool named = find_name(message, &before, &after);
    if (message.len == 0 || (!named && !to_agent))
        return false;
    *out_question = !named ? message : after.len ? after : before.len ? before : message;
    return true;
}
