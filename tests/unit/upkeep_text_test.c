/* What was written in Slack reads here as it did there; a text that is too long becomes several. */
#include "base/must.h"
#include "unit.h"
#include "upkeep/put.h"
#include "upkeep/slack_text.h"
#include "wire/utf8.h"

#include <stdlib.h>

static bool find(void *ctx, char kind, struct text id, struct text *out_name)
{
    (void)ctx;
    if (kind == '@' && text_is(id, TEXT("U1")))
        *out_name = TEXT("ada");
    else if (kind == '#' && text_is(id, TEXT("C1")))
        *out_name = TEXT("lab & co");
    else
        return false;
    return true;
}

static const char *read(const char *text)
{
    static char out[512];
    const struct slack_names names = {find, NULL};
    struct buf b;
    buf_init(&b, sizeof out - 1);
    slack_text(text_of(text), &names, &b);
    text_copy(out, sizeof out, b.err == ERR_OK ? buf_text(&b) : TEXT("(failed)"));
    buf_fini(&b);
    return out;
}

static void slack_is_read_as_it_was_meant(void)
{
    static const char *const rows[][2] = {
        {"", ""},
        {"plain", "plain"},
        {"a &lt;b&gt; &amp;amp; &quot;", "a <b> &amp; &quot;"}, /* three are escaped, each once */
        {"<@U1>: hi", "@ada: hi"},
        {"<@U1|old>", "@ada"},
        {"<@U7|old>", "@old"},
        {"<@U7>", "@U7"},
        {"<@U7|@old>", "@old"},
        {"<#C1>", "#lab & co"},
        {"<#C7|other>", "#other"},
        {"<#C7>", "#C7"},
        {"<!here> <!channel>", "@here @channel"},
        {"<!subteam^S1|@team>", "@team"},
        {"<!subteam^S1>", "@subteam"},
        {"<!date^1392734382^{date}|Feb 18>", "Feb 18"},
        {"<https://a.example/?x=1&amp;y=2>", "https://a.example/?x=1&y=2"},
        {"<https://a.example|the page>", "[the page](https://a.example)"},
        {"<https://a.example|https://a.example>", "https://a.example"},
        {"<mailto:a@b.example|a@b.example>", "a@b.example"},
        {"<mailto:a@b.example|write>", "[write](mailto:a@b.example)"},
        {"1 < 2, <> and <", "1 < 2, <> and <"},
        {"*bold* and *two words*.", "**bold** and **two words**."},
        {"2*3*4 * 5 *", "2*3*4 * 5 *"},
        {"*one\ntwo*", "*one\ntwo*"},
        {"_it_ ~gone~", "_it_ ~gone~"},
        {"`*x* <@U1>`", "`*x* <@U1>`"},
        {"```\n*x* &lt;\n``` *y*", "```\n*x* <\n``` **y**"},
        {"`open *x*", "`open **x**"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *out = read(rows[i][0]);
        CHECK_TEXT(out, rows[i][1]);
    }
}

/* `head` characters and a separator, `tail` characters: how many pieces, and how long the first. */
static void cut(const char *one, size_t head, const char *separator, size_t tail, size_t pieces,
                size_t first)
{
    size_t size = strlen(one);
    size_t len = (head + tail) * size + strlen(separator);
    char *text = malloc(len + 1);
    must(text);
    char *at = text;
    for (size_t i = 0; i < head; i++)
        at = stpcpy(at, one);
    at = stpcpy(at, separator);
    for (size_t i = 0; i < tail; i++)
        at = stpcpy(at, one);
    struct text rest = {text, len};
    struct text piece;
    size_t count = 0;
    size_t characters = 0;
    while (put_cut(&rest, &piece)) {
        if (count++ == 0)
            CHECK_INT(utf8_length(piece), first);
        characters += utf8_length(piece);
    }
    CHECK_INT(count, pieces);
    CU_ASSERT_TRUE(characters == head + tail || characters == head + tail + strlen(separator));
    free(text);
}

static void a_long_text_is_cut_where_it_hurts_least(void)
{
    cut("a", 10, "", 0, 1, 10);
    cut("a", 16000, "", 0, 1, 16000);
    cut("a", 16001, "", 0, 2, 16000);
    cut("a", 14000, "\n", 4000, 2, 14000);       /* at the line */
    cut("a", 15000, " ", 4000, 2, 15000);        /* at the word */
    cut("a", 3000, " ", 14000, 2, 16000);        /* not at a word that is far from the end */
    cut("\xe2\x82\xac", 16000, "", 0, 1, 16000); /* 48,000 bytes */
    cut("\xf0\x9f\x98\x80", 12001, "", 0, 2, 12000);
    cut("\"", 24001, "", 0, 2, 16000);
    struct text none = TEXT(" \n ");
    struct text piece;
    CU_ASSERT_FALSE(put_cut(&none, &piece));
}

UNIT("upkeep/text", CASE(slack_is_read_as_it_was_meant),
     CASE(a_long_text_is_cut_where_it_hurts_least))
