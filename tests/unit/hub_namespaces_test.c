/* A channel follows the namespace before its first colon, and nobody else's. */
#include "hub/namespaces.h"

#include "unit.h"

static const struct channel_namespace list[] = {{.name = "news", .history_size = 5},
                                                {.name = "new", .history_size = 7}};
static const struct channel_namespaces table = {
    .without = {.history_size = 1}, .list = list, .count = 2};

static unsigned size_of(const char *channel)
{
    const struct channel_namespace *n = namespace_find(&table, text_of(channel));
    return n ? n->history_size : 0;
}

static void is_found_by_what_stands_before_the_first_colon(void)
{
    CHECK_INT(size_of("lobby"), 1);
    CHECK_INT(size_of("news"), 1); /* a name, not a namespace */
    CHECK_INT(size_of("news:"), 5);
    CHECK_INT(size_of("news:a:b"), 5);
    CHECK_INT(size_of("new:s"), 7);
    CHECK_INT(size_of("#news:7"), 0); /* "#news" is none */
}

static void a_private_channel_follows_the_namespace_behind_its_mark(void)
{
    CHECK_INT(size_of("$news:1"), 5);
    CHECK_INT(size_of("$lobby"), 1);
    CHECK_INT(size_of("$newsy:1"), 0);
    CHECK_INT(size_of("$$news:1"), 0); /* one mark is taken away */
    CHECK_INT(channel_is_private(TEXT("$news:1")), true);
    CHECK_INT(channel_is_private(TEXT("news:$1")), false);
}

static void unknown_is_no_namespace(void)
{
    CHECK_INT(size_of("newsy:1"), 0);
    CHECK_INT(size_of(":1"), 0); /* an empty name is none, not the absence of one */
    CHECK_INT(size_of("NEWS:1"), 0);
}

static void a_name_has_bytes_that_can_be_written(void)
{
    char longest[256];
    memset(longest, 'x', sizeof longest);
    CHECK_INT(channel_is_name((struct text){longest, 255}), true);
    CHECK_INT(channel_is_name((struct text){longest, 256}), false);
    CHECK_INT(channel_is_name(TEXT("")), false);
    CHECK_INT(channel_is_name(TEXT("dialog:a#7,42\0,9")), false); /* cut there it is another's */
    CHECK_INT(channel_is_name(TEXT("a\nb")), false);
    CHECK_INT(channel_is_name(TEXT("a\x7f")), false);
    CHECK_INT(channel_is_name(TEXT("gr\xc3\xbc\xc3\x9f e")), true);
}

static void a_limited_channel_names_its_users(void)
{
    CHECK_INT(channel_is_limited(TEXT("dialog#7,42")), true);
    CHECK_INT(channel_is_limited(TEXT("dialog")), false);
    CHECK_INT(channel_names_user(TEXT("dialog#7,42"), TEXT("7")), true);
    CHECK_INT(channel_names_user(TEXT("dialog#7,42"), TEXT("42")), true);
    CHECK_INT(channel_names_user(TEXT("dialog#7,42"), TEXT("4")), false);
    CHECK_INT(channel_names_user(TEXT("dialog#7,42"), TEXT("7,42")), false);
    CHECK_INT(channel_names_user(TEXT("dialog#"), TEXT("")),
              false); /* nobody is named by nothing */
    CHECK_INT(channel_names_user(TEXT("dialog#,7"), TEXT("")), false);
    CHECK_INT(channel_names_user(TEXT("7"), TEXT("7")), false);
    CHECK_INT(channel_names_user(TEXT("a#7#42"), TEXT("42")), true); /* behind the last one */
    CHECK_INT(channel_names_user(TEXT("a#7#42"), TEXT("7")), false);
}

UNIT("hub/namespaces", CASE(is_found_by_what_stands_before_the_first_colon),
     CASE(a_private_channel_follows_the_namespace_behind_its_mark), CASE(unknown_is_no_namespace),
     CASE(a_name_has_bytes_that_can_be_written), CASE(a_limited_channel_names_its_users))
