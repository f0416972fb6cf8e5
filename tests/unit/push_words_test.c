/* Guards: a notification shows words, not the signs around them, and no more than it may. */
#include "push/words.h"

#include "fault.h"
#include "unit.h"
#include "wire/utf8.h"

#include <stdlib.h>

static char shown[2000];

static const char *words(struct text message)
{
    struct buf b;
    buf_init(&b, sizeof shown - 1);
    push_words(message, &b);
    CHECK_INT(b.err, ERR_OK);
    (void)text_copy(shown, sizeof shown, buf_text(&b));
    CHECK_INT(utf8_valid(buf_text(&b)), true);
    buf_fini(&b);
    return shown;
}

static void signs_are_not_shown(void)
{
    static const struct {
        const char *message, *shown;
    } rows[] = {
        {"", ""},
        {"hello", "hello"},
        {"**Look** here, @mira: `make` fails", "Look here, @mira: make fails"},
        {"_so_ and __so__, but snake_case_name stays", "so and so, but snake_case_name stays"},
        {"~~no~~ about ~5", "no about ~5"},
        {"2 * 3 = 6", "2 * 3 = 6"},
        {"# Plan\n\n- one\n- two\n* three", "Plan one two three"},
        {"#general is a room", "#general is a room"},
        {"> quoted\n> > twice\nanswer", "quoted twice answer"},
        {"```c\nint x;\n```\nthat", "int x; that"},
        {"see [the plan](https://a.example/b?c=d) now", "see the plan now"},
        {"![a cat](https://a.example/c.png)", "a cat"},
        {"a[0] and [x] stay", "a[0] and [x] stay"},
        {"[open", "[open"},
        {"](", "]("},
        {"f(x](y z)", "f(x](y z)"},
        {"not \\*bold\\*, and a\\b", "not *bold*, and a\\b"},
        {"  many \n\n\t spaces  ", "many spaces"},
        {"***", ""},
        {"Gr\xc3\xbc\xc3\x9f"
         "e \xf0\x9f\x8e\x88",
         "Gr\xc3\xbc\xc3\x9f"
         "e \xf0\x9f\x8e\x88"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        CHECK_TEXT(words(text_of(rows[i].message)), rows[i].shown);
}

/* 140 characters pass whole, of the 141st only the sign that there was one. */
static void long_ones_are_cut_between_characters(void)
{
    static char text[20000];
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = i % 2 ? '\xa4' : '\xc3';
    CHECK_INT(utf8_length(text_of(words((struct text){text, 280}))), 140);
    CHECK_TEXT(strstr(shown, "\xe2\x80\xa6"), NULL);
    CHECK_INT(utf8_length(text_of(words((struct text){text, 282}))), 141);
    CHECK_INT(strcmp(shown + strlen(shown) - 3, "\xe2\x80\xa6"), 0);
    CHECK_INT(utf8_length(text_of(words((struct text){text, sizeof text}))), 141);
    memset(text, 'x', 140);
    memset(text + 140, ' ', 100);
    CHECK_INT(strlen(words((struct text){text, 240})), 140); /* nothing more to show */
    memset(text, '*', sizeof text);
    CHECK_TEXT(words((struct text){text, sizeof text}),
               "\xe2\x80\xa6"); /* more than is looked at */
    memset(text, ' ', sizeof text);
    CHECK_TEXT(words((struct text){text, sizeof text}), "");
    memset(text, 'x', sizeof text);
    text[0] = '[';
    CHECK_INT(utf8_length(text_of(words((struct text){text, sizeof text}))), 141);
}

/* What is cut anywhere, or no UTF-8 at all, still gives words that are. */
static void whatever_comes_gives_utf8(void)
{
    static const char message[] = "**\xf0\x9f\x8e\x88** [a](b) \\* _x_ `y`\n# z\n- \xc3\xa4";
    for (size_t len = 0; len < sizeof message; len++) {
        char *block = malloc(len ? len : 1); /* so that reading over its end is seen */
        memcpy(block, message, len);
        (void)words((struct text){block, len});
        free(block);
    }
    (void)words(TEXT("\xff\xfe\x80"));
    fault_at(1);
    struct buf b;
    buf_init(&b, 100);
    push_words(TEXT("hello"), &b);
    CHECK_INT(fault_end(), true);
    CHECK_INT(b.err, ERR_NOMEM);
    buf_fini(&b);
}

UNIT("push/words", CASE(signs_are_not_shown), CASE(long_ones_are_cut_between_characters),
     CASE(whatever_comes_gives_utf8))
