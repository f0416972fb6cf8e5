/* What stood below a message comes with it, from each of the three formats, and goes out again; a part that is no good is told,
 * and neither the message nor the others are lost for it. */
#include "import_place.h"
#include "upkeep/export.h"

#include <sys/stat.h>

#define THUMB "\U0001f44d"
#define HEART "\u2764\ufe0f"
#define TADA "\U0001f389"

static void write_file(const char *path, struct text content)
{
    FILE *out = fopen(path, "we");
    must(out && fwrite(content.data, 1, content.len, out) == content.len && fclose(out) == 0);
}

/* Afterwards a check has nothing to say. */
static void import(struct import_place *w)
{
    CHECK_INT(import_run(w), ERR_OK);
    CHECK_TEXT(w->error, "");
    CHECK_INT(w->findings, 0);
}

/* Whose stand below the newest message, in their order. */
static void stands(const struct import_place *w, const char *wanted)
{
    import_look(
        w,
        "SELECT group_concat(emoji || name, ' ') FROM (SELECT r.emoji, u.name FROM reaction r"
        " JOIN user u ON u.id = r.user_id"
        " WHERE r.message_id = (SELECT max(id) FROM message) ORDER BY r.id)",
        wanted);
}

struct row {
    const char *reactions, *stands, *said;
    int left_out;
};

#define WRONG "one of its reactions is wrong, and is left out."

/* ---- ours */

#define PEOPLE                                                                                     \
    "{\"type\":\"snug\",\"version\":1}\n"                                                          \
    "{\"type\":\"user\",\"name\":\"ana\",\"display\":\"A\",\"role\":\"member\",\"created\":1}\n"   \
    "{\"type\":\"user\",\"name\":\"ben\",\"display\":\"B\",\"role\":\"member\",\"created\":1}\n"   \
    "{\"type\":\"room\",\"room\":\"2.1\",\"name\":\"lab\",\"private\":false,\"created\":1}\n"
#define MESSAGE                                                                                    \
    "{\"type\":\"message\",\"id\":\"%d.1\",\"room\":\"2.1\",\"author\":\"ana\",\"time\":5,"        \
    "\"text\":\"hm\",\"reactions\":"
#define END "}\n{\"type\":\"end\"}\n"
#define ONE(n) "{\"emoji\":\"\\ud83d\\ude" n "\",\"users\":[\"ana\"]},"
#define TEN(n)                                                                                     \
    ONE(n "0")                                                                                     \
    ONE(n "1")                                                                                     \
    ONE(n "2") ONE(n "3") ONE(n "4") ONE(n "5") ONE(n "6") ONE(n "7") ONE(n "8") ONE(n "9")

static void import_ours(struct import_place *w, const char *reactions)
{
    struct buf b;
    buf_init(&b, (size_t)8 << 20);
    buf_add_format(&b, PEOPLE MESSAGE, 7 + w->at);
    buf_add_text(&b, text_of(reactions));
    buf_add_text(&b, TEXT(END));
    must(b.err == ERR_OK);
    write_file(w->in, buf_text(&b));
    buf_fini(&b);
    import(w);
}

static void check_row(struct import_place *w, const struct row *row)
{
    CHECK_INT(w->n.messages, 1); /* it comes whatever stands below it */
    CHECK_TEXT(w->said, row->said);
    CHECK_INT(w->n.bad, row->said[0] != 0);
    CHECK_INT(w->n.left_out, row->left_out);
    stands(w, row->stands);
    w->at++;
}

static void of_ours_what_is_no_good_is_told(void)
{
    static const struct row rows[] = {
        {"null", "", "", 0},
        {"[]", "", "", 0},
        {"[{\"emoji\":\"" THUMB "\",\"users\":[\"ben\",\"ana\"]},"
         "{\"emoji\":\"" HEART "\",\"users\":[\"ana\"]}]",
         THUMB "ben " THUMB "ana " HEART "ana", "", 0},
        {"[{\"emoji\":\"" THUMB "\",\"users\":[\"ben\",\"ben\"]},"
         "{\"emoji\":\"" THUMB "\",\"users\":[\"ben\"]}]",
         THUMB "ben", "", 0},
        {"{}", "", "its reactions are no list, and are left out.", 0},
        {"7", "", "its reactions are no list, and are left out.", 0},
        {"\"" THUMB "\"", "", "its reactions are no list, and are left out.", 0},
        {"[7,[],\"a\",null,{\"emoji\":\"" TADA "\",\"users\":[\"ana\"]}]", TADA "ana", WRONG, 0},
        {"[{\"emoji\":\"ok\",\"users\":[\"ana\"]},{\"emoji\":\"" TADA "\",\"users\":[\"ana\"]}]",
         TADA "ana", WRONG, 0},
        {"[{\"emoji\":\"" THUMB THUMB "\",\"users\":[\"ana\"]}]", "", WRONG, 0},
        {"[{\"emoji\":\"\",\"users\":[\"ana\"]}]", "", WRONG, 0},
        {"[{\"emoji\":7,\"users\":[\"ana\"]}]", "", WRONG, 0},
        {"[{\"users\":[\"ana\"]}]", "", WRONG, 0},
        {"[{\"emoji\":\"" THUMB "\"}]", "", WRONG, 0},
        {"[{\"emoji\":\"" THUMB "\",\"users\":\"ana\"}]", "", WRONG, 0},
        {"[{\"emoji\":\"" THUMB "\",\"users\":[7,null,[\"ana\"],\"\",\"ben\"]}]", THUMB "ben",
         WRONG, 0},
        {"[{\"emoji\":\"" THUMB "\",\"users\":[\"a\\u0000\\n\\t\"]}]", "",
         "a reaction of a   , who is not among the people, is left out.", 0},
        {"[{\"emoji\":\"" THUMB "\",\"users\":[\"zoe\",\"ben\",\"tom\"]}]", THUMB "ben",
         "a reaction of zoe, who is not among the people, is left out.", 0},
    };
    struct import_place w = import_place_make();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        import_ours(&w, rows[i].reactions);
        check_row(&w, &rows[i]);
    }
    import_place_remove(&w);
}

/* 20 different ones may stand there: the 21st is left out, another of the first is not. */
static void the_first_twenty_different_ones_come(void)
{
    static const char twenty_one[] = "[" TEN("0") TEN("1") ONE("20") "{\"emoji\":\"\\ud83d\\ude00\""
                                                                     ",\"users\":[\"ben\"]}]";
    struct import_place w = import_place_make();
    import_ours(&w, twenty_one);
    CHECK_TEXT(w.said, "it has more than 20 different reactions: the others are left out.");
    import_look(&w, "SELECT count(*) || ' ' || count(DISTINCT emoji) FROM reaction", "21 20");
    import_look(&w, "SELECT json_array_length(reactions) FROM message", "20");
    import_place_remove(&w);
}

static void add_many(struct buf *b, const char *format, int count)
{
    for (int i = 0; i < count; i++) {
        buf_add_text(b, i ? TEXT(",\"") : TEXT("\""));
        buf_add_format(b, format, i);
        buf_add_char(b, '"');
    }
}

/* Ids of seven digits, as JSON 10 bytes each: 3,000 are below the 32 KiB that a message may tell, 4,000 above. */
static void more_than_a_message_may_tell_is_left_out(void)
{
    static const int counts[] = {3000, 4000};
    for (size_t i = 0; i < 2; i++) {
        struct import_place w = import_place_make();
        struct buf b;
        buf_init(&b, (size_t)1 << 20);
        test_change(w.t.path,
                    "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 3999)"
                    " INSERT INTO user (id, name, display, role, created_ms)"
                    " SELECT 1000000 + i, 'u' || i, 'U', 'member', 1 FROM n;"
                    "INSERT INTO setting SELECT 'import snug user ' || name, id FROM user"
                    " WHERE id >= 1000000;");
        buf_add_text(&b, TEXT("[{\"emoji\":\"" THUMB "\",\"users\":["));
        add_many(&b, "u%d", counts[i]);
        buf_add_text(&b, TEXT("]}]"));
        buf_add_char(&b, 0);
        import_ours(&w, b.data);
        CHECK_INT(w.n.messages, 1);
        CHECK_TEXT(w.said, i == 0 ? "" : "it has too many reactions, and comes without them.");
        import_look(&w, "SELECT count(*) FROM reaction", i == 0 ? "3000" : "0");
        import_look(&w, "SELECT length(reactions) > 30000 FROM message", i == 0 ? "1" : "0");
        buf_fini(&b);
        import_place_remove(&w);
    }
}

/* 10,000 names of 150 bytes: 1.5 MB, and a writer's job has at most 1 MiB of them. */
static void a_huge_list_is_cut(void)
{
    struct import_place w = import_place_make();
    struct buf b;
    buf_init(&b, (size_t)4 << 20);
    buf_add_text(&b, TEXT("[{\"emoji\":\"" THUMB "\",\"users\":[\"ben\","));
    add_many(&b, "%0150d", 10000);
    buf_add_text(&b, TEXT(",\"ana\"]}]"));
    buf_add_char(&b, 0);
    import_ours(&w, b.data);
    CHECK_INT(w.n.messages, 1);
    CHECK_INT(w.n.bad, 2);
    CU_ASSERT_PTR_NOT_NULL(
        strstr(w.said, "it has too many reactions: the others are left out. a reaction of 000"));
    stands(&w, THUMB "ben");
    buf_fini(&b);
    import_place_remove(&w);
}

/* ---- Slack's */

static void slack_day(const struct import_place *w, const char *text, const char *reactions)
{
    char path[400];
    struct buf b;
    buf_init(&b, (size_t)1 << 20);
    must(mkdir(w->in, 0700) == 0 || w->at > 0);
    (void)snprintf(path, sizeof path, "%s/lab", w->in);
    must(mkdir(path, 0700) == 0 || w->at > 0);
    (void)snprintf(path, sizeof path, "%s/users.json", w->in);
    write_file(path, TEXT("[{\"id\":\"U1\",\"name\":\"ana\"},{\"id\":\"U2\",\"name\":\"ben\"}]"));
    (void)snprintf(path, sizeof path, "%s/channels.json", w->in);
    write_file(path, TEXT("[{\"id\":\"C1\",\"name\":\"lab\"}]"));
    (void)snprintf(path, sizeof path, "%s/lab/2011-03-13.json", w->in);
    buf_add_format(&b,
                   "[{\"type\":\"message\",\"user\":\"U1\",\"ts\":\"13000000%02d.000100\","
                   "\"text\":\"%s\",\"reactions\":%s}]",
                   w->at, text, reactions);
    must(b.err == ERR_OK);
    write_file(path, buf_text(&b));
    buf_fini(&b);
}

static void slacks_names_become_emojis(void)
{
    static const struct row rows[] = {
        {"[{\"name\":\"thumbsup\",\"users\":[\"U2\",\"U1\"],\"count\":2},"
         "{\"name\":\"+1::skin-tone-3\",\"users\":[\"U1\"],\"count\":1}]",
         THUMB "ben " THUMB "ana " THUMB "\U0001f3fcana", "", 0},
        {"[{\"name\":\"thumbsup\",\"users\":[\"U2\"]},{\"name\":\"+1\",\"users\":[\"U2\"]}]",
         THUMB "ben", "", 0},
        {"[{\"name\":\"party_parrot\",\"users\":[\"U2\",\"U1\"]},"
         "{\"name\":\"tada\",\"users\":[\"U1\"]}]",
         TADA "ana", "", 2},
        {"[{\"name\":\"tada\",\"users\":[\"U9\"]}]", TADA "u9", "", 0}, /* as an author is */
        {"[{\"name\":\"tada\",\"users\":[],\"count\":7}]", "", "", 0},
        {"{\"name\":\"tada\"}", "", "its reactions are no list, and are left out.", 0},
        {"[{\"name\":\"tada\",\"count\":1},{\"name\":\"+1\",\"users\":[\"U1\"]}]", THUMB "ana",
         WRONG, 0},
        {"[{\"name\":7,\"users\":[\"U1\"]}]", "", WRONG, 0},
        {"[{\"name\":\"tada\",\"users\":{\"U1\":1}}]", "", WRONG, 0},
        {"[{\"name\":\"tada\",\"users\":[{\"id\":\"U1\"},\"U2\"]}]", TADA "ben", WRONG, 0},
    };
    struct import_place w = import_place_make();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        slack_day(&w, "hm", rows[i].reactions);
        import(&w);
        check_row(&w, &rows[i]);
    }
    import_place_remove(&w);
}

/* 20,000 characters are two messages. */
static void the_first_piece_of_a_long_text_has_them(void)
{
    static char text[20001];
    struct import_place w = import_place_make();
    memset(text, 'x', sizeof text - 1);
    slack_day(&w, text, "[{\"name\":\"tada\",\"users\":[\"U1\"]}]");
    import(&w);
    import_look(&w, "SELECT group_concat(length(text) || (reactions <> ''), ' ') FROM message",
                "160001 40000");
    import_place_remove(&w);
}

/* What has no words does not come, and is left out once. */
static void without_a_message_nothing_stands(void)
{
    struct import_place w = import_place_make();
    slack_day(&w, "",
              "[{\"name\":\"tada\",\"users\":[\"U1\"]},{\"name\":\"a\",\"users\":[\"U1\"]}]");
    import(&w);
    CHECK_INT(w.n.left_out, 1);
    stands(&w, "");
    import_place_remove(&w);
}

/* ---- Mattermost's */

#define POST                                                                                       \
    "{\"type\":\"version\",\"version\":1}\n"                                                       \
    "{\"type\":\"channel\",\"channel\":{\"team\":\"t\",\"name\":\"c\",\"type\":\"O\"}}\n"          \
    "{\"type\":\"user\",\"user\":{\"username\":\"ana\"}}\n"                                        \
    "{\"type\":\"user\",\"user\":{\"username\":\"ben\"}}\n"                                        \
    "{\"type\":\"post\",\"post\":{\"team\":\"t\",\"channel\":\"c\",\"user\":\"ana\","              \
    "\"message\":\"m\",\"create_at\":%d,"

static void import_post(struct import_place *w, const char *before, const char *reactions,
                        const char *after)
{
    struct buf b;
    buf_init(&b, (size_t)1 << 20);
    buf_add_format(&b, POST, 5 + w->at);
    buf_add_text(&b, text_of(before));
    buf_add_text(&b, text_of(reactions));
    buf_add_text(&b, text_of(after));
    must(b.err == ERR_OK);
    write_file(w->in, buf_text(&b));
    buf_fini(&b);
    import(w);
}

#define MM(user, name, time)                                                                       \
    "{\"user\":\"" user "\",\"emoji_name\":\"" name "\",\"create_at\":" time "}"

static void mattermosts_names_become_emojis(void)
{
    static const struct row rows[] = {
        {"[" MM("ben", "+1", "9") "," MM("ana", "tada", "10") "," MM("ana", "+1", "11") "]",
         THUMB "ben " TADA "ana " THUMB "ana", "", 0},
        {"[" MM("ben", "+1_medium_light_skin_tone", "9") "]", THUMB "\U0001f3fcben", "", 0},
        {"[" MM("ben", "our_logo", "9") "," MM("ana", "tada", "10") "]", TADA "ana", "", 1},
        {"[{\"user\":\"ben\",\"emoji_name\":\"tada\"}]", TADA "ben", "", 0},
        {"[" MM("zoe", "+1", "9") "," MM("ana", "tada", "10") "]", TADA "ana",
         "a reaction of zoe, who is not among the people, is left out.", 0},
        {"[" MM("ben", "+1", "-1") "," MM("ana", "tada", "253402300800000") "]", "", WRONG, 0},
        {"[" MM("ben", "+1", "\"9\"") "]", "", WRONG, 0},
        {"[" MM("", "+1", "9") "]", "", WRONG, 0},
        {"[{\"user\":\"ben\"}]", "", WRONG, 0},
        {"[{\"user\":7,\"emoji_name\":\"+1\"}]", "", WRONG, 0},
        {"[\"+1\"]", "", WRONG, 0},
        {"true", "", "its reactions are no list, and are left out.", 0},
    };
    struct import_place w = import_place_make();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        import_post(&w, "\"reactions\":", rows[i].reactions, "}}\n");
        check_row(&w, &rows[i]);
    }
    import_place_remove(&w);
}

static void a_reply_has_its_own(void)
{
    struct import_place w = import_place_make();
    import_post(&w,
                "\"reactions\":[" MM("ben", "+1", "9") "],\"replies\":[{\"user\":\"ben\","
                                                       "\"message\":\"r\",\"create_at\":6,"
                                                       "\"reactions\":",
                "[" MM("ana", "tada", "12") "]", "}]}}\n");
    CHECK_INT(w.n.messages, 2);
    CHECK_TEXT(w.said, "");
    import_look(&w,
                "SELECT group_concat(m.text || r.emoji || r.created_ms, ' ') FROM message m"
                " JOIN reaction r ON r.message_id = m.id",
                "m" THUMB "9 r" TADA "12");
    import_place_remove(&w);
}

/* ---- out and in again */

static void export_to(const struct import_place *w, const char *room, struct buf *out)
{
    char error[256], path[330], line[4096];
    struct exported n;
    (void)snprintf(path, sizeof path, "%s.out", w->in);
    FILE *file = fopen(path, "w+e");
    must(file);
    const struct export_order order = {.out = file, .room = room, .now_ms = 1};
    CHECK_INT(upkeep_export(w->t.path, &order, &n, error), ERR_OK);
    buf_clear(out);
    rewind(file);
    while (fgets(line, sizeof line, file))
        buf_add_text(out, text_of(line));
    (void)fclose(file);
    buf_add_char(out, 0);
    must(out->err == ERR_OK);
    out->len--;
}

#define TWO                                                                                        \
    "[{\"emoji\":\"" THUMB "\",\"users\":[\"ben\",\"ana\"]},{\"emoji\":\"" HEART                   \
    "\",\"users\":[\"ana\"]}]"

static void what_goes_out_comes_in_as_it_was(void)
{
    struct import_place home = import_place_make(), away = import_place_make();
    struct buf out;
    buf_init(&out, (size_t)1 << 20);
    import_ours(&home, TWO);
    export_to(&home, NULL, &out);
    CU_ASSERT_PTR_NOT_NULL(strstr(out.data, ",\"reactions\":" TWO "}\n"));
    write_file(away.in, buf_text(&out));
    import(&away);
    CHECK_INT(away.n.bad, 0);
    stands(&away, THUMB "ben " THUMB "ana " HEART "ana");
    export_to(&away, NULL, &out);
    CU_ASSERT_PTR_NOT_NULL(strstr(out.data, ",\"reactions\":" TWO "}\n"));

    import(&away); /* nothing comes twice, and nothing back that was taken away here */
    CHECK_INT(away.n.already, 1);
    stands(&away, THUMB "ben " THUMB "ana " HEART "ana");
    test_change(away.t.path, "DELETE FROM reaction; UPDATE message SET reactions = '';");
    import(&away);
    stands(&away, "");
    export_to(&away, NULL, &out);
    CU_ASSERT_PTR_NULL(strstr(out.data, "reactions"));
    buf_fini(&out);
    import_place_remove(&home);
    import_place_remove(&away);
}

/* Between the request and the end of an erasure the rows are still there. */
static void who_is_erased_is_not_in_it(void)
{
    struct import_place w = import_place_make();
    struct buf out;
    buf_init(&out, (size_t)1 << 20);
    import_ours(&w, TWO);
    test_change(w.t.path,
                "INSERT INTO erasure (user_id, messages, name, display, asked_by, asked_ms,"
                " ended_ms) SELECT id, 'keep', name, display, 0, 1, 0 FROM user"
                " WHERE name = 'ana';");
    export_to(&w, NULL, &out);
    CU_ASSERT_PTR_NOT_NULL(
        strstr(out.data, ",\"reactions\":[{\"emoji\":\"" THUMB "\",\"users\":[\"ben\"]}]}\n"));
    test_change(w.t.path, "DELETE FROM reaction WHERE user_id = (SELECT id FROM user WHERE name ="
                          " 'ben');");
    export_to(&w, NULL, &out);
    CU_ASSERT_PTR_NULL(strstr(out.data, "reactions"));
    buf_fini(&out);
    import_place_remove(&w);
}

/* Their line is known here as somebody who was erased since: nothing of them comes again. */
static void who_was_erased_here_gets_none(void)
{
    struct import_place w = import_place_make();
    import_ours(&w, "[]");
    test_change(
        w.t.path,
        "UPDATE user SET name = '-' || id, display = 'Erased person', active = 0"
        " WHERE name = 'ben';"
        "INSERT INTO erasure (user_id, messages, name, display, asked_by, asked_ms, ended_ms)"
        " SELECT id, 'keep', '', '', 0, 1, 2 FROM user WHERE name GLOB '-*';"
        "DELETE FROM message; DELETE FROM send_key; DELETE FROM stream;"
        "UPDATE room SET top = 0;"
        "DELETE FROM member WHERE user_id IN (SELECT user_id FROM erasure);");
    import_ours(&w, TWO);
    CHECK_INT(w.n.messages, 1);
    CHECK_TEXT(w.said, "");
    stands(&w, THUMB "ana " HEART "ana");
    import_place_remove(&w);
}

/* An export of one room has who left nothing there but a reaction. */
static void who_only_reacted_is_among_the_rooms_people(void)
{
    struct import_place w = import_place_make();
    struct buf out;
    buf_init(&out, (size_t)1 << 20);
    import_ours(&w, TWO);
    export_to(&w, "lab", &out);
    CU_ASSERT_PTR_NOT_NULL(strstr(out.data, "{\"type\":\"user\",\"name\":\"ben\""));
    test_change(w.t.path, "DELETE FROM reaction;");
    export_to(&w, "lab", &out);
    CU_ASSERT_PTR_NULL(strstr(out.data, "{\"type\":\"user\",\"name\":\"ben\""));
    buf_fini(&out);
    import_place_remove(&w);
}

UNIT("upkeep/reactions", CASE(of_ours_what_is_no_good_is_told),
     CASE(the_first_twenty_different_ones_come), CASE(more_than_a_message_may_tell_is_left_out),
     CASE(a_huge_list_is_cut), CASE(slacks_names_become_emojis),
     CASE(the_first_piece_of_a_long_text_has_them), CASE(without_a_message_nothing_stands),
     CASE(mattermosts_names_become_emojis), CASE(a_reply_has_its_own),
     CASE(what_goes_out_comes_in_as_it_was), CASE(who_is_erased_is_not_in_it),
     CASE(who_was_erased_here_gets_none), CASE(who_only_reacted_is_among_the_rooms_people))
