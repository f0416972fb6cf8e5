/* A conversation of two comes as the one of those two, whatever format it was in, and goes out again; nobody else gets in. */
#include "import_place.h"
#include "upkeep/export.h"

#include <sys/stat.h>

static struct import_place make(void)
{
    struct import_place w = import_place_make();
    w.merge = false;
    w.where = true;
    return w;
}

/* Afterwards a check has nothing to say, whatever came of it. */
static enum err import(struct import_place *w)
{
    enum err e = import_run(w);
    CHECK_INT(w->findings, 0);
    return e;
}

static void write_file(const char *path, const char *first, const char *more, const char *last)
{
    FILE *out = fopen(path, "we");
    must(out && fputs(first, out) >= 0 && fputs(more, out) >= 0 && fputs(last, out) >= 0);
    must(fclose(out) == 0);
}

/* Each conversation of two: who they are, who is in it and as what, how many messages it has, "P" when it is private. */
static void conversations(const struct import_place *w, const char *wanted)
{
    import_look(
        w,
        "SELECT group_concat(line, '; ') FROM (SELECT a.name || '+' || b.name || ':' ||"
        " (SELECT group_concat(name || substr(role, 1, 1), ',') FROM (SELECT u.name, m.role"
        "  FROM member m JOIN user u ON u.id = m.user_id WHERE m.room_id = r.id ORDER BY u.id))"
        " || ':' || (SELECT count(*) FROM message m WHERE m.room_id = r.id)"
        " || iif(r.private AND r.topic = '' AND r.name = printf('direct %d %d', a.id, b.id), 'P', "
        "'')"
        " AS line"
        " FROM room r JOIN user a ON a.id = r.direct_a JOIN user b ON b.id = r.direct_b"
        " ORDER BY r.id)",
        wanted);
}

static void rooms(const struct import_place *w, const char *wanted)
{
    import_look(
        w,
        "SELECT group_concat(name || iif(private, 'P', '')) FROM (SELECT name, private FROM room"
        " WHERE direct_b = 0 AND id > 1 ORDER BY id)",
        wanted);
}

static void export_from(const struct import_place *w, const char *room, struct buf *out)
{
    char error[256], *bytes = NULL;
    size_t len = 0;
    struct exported n;
    FILE *file = open_memstream(&bytes, &len);
    must(file);
    const struct export_order order = {.out = file, .room = room, .now_ms = 1};
    CHECK_INT(upkeep_export(w->t.path, &order, &n, error), ERR_OK);
    must(fclose(file) == 0);
    buf_clear(out);
    buf_add_text(out, (struct text){bytes, len});
    buf_add_char(out, 0);
    must(out->err == ERR_OK);
    free(bytes);
}

/* ---- ours */

#define USER(name)                                                                                 \
    "{\"type\":\"user\",\"name\":\"" name                                                          \
    "\",\"display\":\"X\",\"role\":\"member\",\"created\":1}\n"
#define HEAD                                                                                       \
    "{\"type\":\"snug\",\"version\":1}\n"                                                          \
    "{\"type\":\"user\",\"name\":\"nook\",\"display\":\"Nook\",\"role\":\"agent\",\"created\":1}"  \
    "\n" USER("eve") USER("ben") USER("ana")
#define ROOM(direct)                                                                               \
    "{\"type\":\"room\",\"room\":\"9.7\",\"direct\":" direct                                       \
    ",\"topic\":\"t\",\"private\":false,\"created\":7,\"created_by\":\"ben\"}\n"
#define MEMBER(name, role)                                                                         \
    "{\"type\":\"member\",\"room\":\"9.7\",\"user\":\"" name "\",\"role\":\"" role                 \
    "\",\"since\":8}\n"
#define MESSAGE                                                                                    \
    "{\"type\":\"message\",\"id\":\"5.9\",\"room\":\"9.7\",\"author\":\"ana\",\"text\":\"hm\","    \
    "\"time\":9}\n"
#define END "{\"type\":\"end\"}\n"

#define BOTH MEMBER("nook", "member") MEMBER("ana", "member") MEMBER("ben", "member")

static void it_comes_once(void)
{
    struct import_place w = make();
    write_file(w.in, HEAD, ROOM("[\"ana\",\"ben\"]") BOTH MESSAGE, END);
    CHECK_INT(import(&w), ERR_OK);
    CHECK_TEXT(w.said, "");
    CHECK_INT(w.n.rooms, 1);
    conversations(&w, "ben+ana:nookm,benm,anam:1P");
    import_look(&w, "SELECT group_concat(DISTINCT since_ms) FROM member WHERE room_id > 1", "8");
    CHECK_INT(import(&w), ERR_OK);
    CHECK_INT(w.n.rooms, 0);
    CHECK_INT(w.n.already, 1);
    conversations(&w, "ben+ana:nookm,benm,anam:1P");
    rooms(&w, "");
    import_place_remove(&w);
}

/* Without their lines both are in it, too: nobody could come in by hand. */
static void both_are_in_it_and_nobody_else(void)
{
    struct import_place w = make();
    write_file(w.in, HEAD, ROOM("[\"ana\",\"ben\"]"), END);
    CHECK_INT(import(&w), ERR_OK);
    conversations(&w, "ben+ana:nookm,benm,anam:0P");
    write_file(w.in, HEAD, ROOM("[\"ana\",\"ben\"]") MEMBER("ana", "owner") MEMBER("eve", "member"),
               END);
    CHECK_INT(import(&w), ERR_OK);
    CHECK_TEXT(w.said, "in, 8: eve is none of the two of this conversation.");
    conversations(&w, "ben+ana:nookm,benm,anam:0P"); /* and nobody owns it */
    import_place_remove(&w);
}

/* The room is left out, and what is in it; what comes after it is taken. */
static void what_is_no_two_is_told(void)
{
#define TWO "in, 6: direct must be the names of two."
#define LEFT_OUT " in, 7: its room 9.7 is not among the rooms."
    static const struct {
        const char *direct, *said;
    } rows[] = {
        {"[]", TWO LEFT_OUT},
        {"[\"ana\"]", TWO LEFT_OUT},
        {"[\"ana\",\"ben\",\"eve\"]", TWO LEFT_OUT},
        {"[\"ana\",7]", TWO LEFT_OUT},
        {"[\"ana\",\"\"]", TWO LEFT_OUT},
        {"[\"ana\",\"b\\u0000n\"]", TWO LEFT_OUT},
        {"[\"ana\",null]", TWO LEFT_OUT},
        {"{\"ana\":\"ben\"}", TWO LEFT_OUT},
        {"\"ana ben\"", TWO LEFT_OUT},
        {"false", TWO LEFT_OUT},
        {"null", "in, 6: the room has no name." LEFT_OUT},
        {"[\"ana\",\"zoe\"]", "in, 6: one of the two, zoe is not among the people." LEFT_OUT},
        {"[\"zoe\",\"ana\"]", "in, 6: one of the two, zoe is not among the people." LEFT_OUT},
        {"[\"ana\",\"ana\"]", "in, 6: a conversation is of two different people." LEFT_OUT},
        {"[\"nook\",\"nook\"]", "in, 6: a conversation is of two different people." LEFT_OUT},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct import_place w = make();
        char room[512];
        (void)snprintf(room, sizeof room, ROOM("%s") MESSAGE, rows[i].direct);
        write_file(w.in, HEAD, room,
                   "{\"type\":\"room\",\"room\":\"3.1\",\"name\":\"lab\",\"private\":false,"
                   "\"created\":1}\n" END);
        CHECK_INT(import(&w), ERR_OK);
        CHECK_TEXT(w.said, rows[i].said);
        CHECK_INT(w.n.bad, 2);
        conversations(&w, "");
        rooms(&w, "lab");
        import_place_remove(&w);
    }
}

/* ana and ben, who have a conversation. */
static const char there[] =
    "INSERT INTO user (id, name, display, role, created_ms) VALUES"
    " (5, 'ana', 'A', 'member', 1), (6, 'ben', 'B', 'member', 1);"
    "INSERT INTO room (id, name, private, created_ms, created_by, epoch, direct_a, direct_b)"
    " VALUES (4, 'direct 5 6', 1, 3, 5, 'e', 5, 6);"
    "INSERT INTO member (room_id, user_id, role, since_ms, read_offset) VALUES (4, 1, 'member', 3, "
    "0), (4, 5, 'member', 3, 0),"
    " (4, 6, 'member', 3, 0);";

/* And in which something was said. */
static const char message[] =
    "INSERT INTO message (room_id, offset, author_id, text, created_ms, key)"
    " VALUES (4, 1, 5, 'one', 1, 'k1');"
    "INSERT INTO stream (room_id, offset, time_ms, data) VALUES (4, 1, 1, "
    "'{\"type\":\"message_created\",\"message\":{\"id\":\"1\",\"text\":\"one\"}}');"
    "UPDATE room SET top = 1 WHERE id = 4";

/* One that is there is found by who they are, whatever their numbers. */
static void it_goes_into_the_one_that_is_there(void)
{
    for (int used = 0; used < 2; used++) {
        struct import_place w = make();
        test_change(w.t.path, there);
        if (used)
            test_change(w.t.path, message);
        write_file(w.in, HEAD, ROOM("[\"ben\",\"ana\"]") BOTH MESSAGE, END);
        if (used) {
            CHECK_INT(import(&w), ERR_CONFLICT);
            CHECK_TEXT(w.error, "There is a conversation of ana and ben with messages already: with"
                                " --merge what is imported goes into it, after them.");
            conversations(&w, "ana+ben:nookm,anam,benm:1P");
        }
        w.merge = used;
        CHECK_INT(import(&w), ERR_OK);
        CHECK_INT(w.n.rooms, 0);
        CHECK_INT(w.n.messages, 1);
        conversations(&w, used ? "ana+ben:nookm,anam,benm:2P" : "ana+ben:nookm,anam,benm:1P");
        import_look(&w, "SELECT group_concat(DISTINCT since_ms) FROM member WHERE room_id = 4",
                    "3");
        import_place_remove(&w);
    }
}

/* A room like others that has the name of one is none. */
static void a_room_of_such_a_name_is_another(void)
{
    struct import_place w = make();
    test_change(w.t.path, there);
    write_file(w.in, HEAD,
               "{\"type\":\"room\",\"room\":\"9.7\",\"name\":\"direct 5 6\",\"private\":true,"
               "\"created\":1}\n" MEMBER("eve", "owner") MESSAGE,
               END);
    CHECK_INT(import(&w), ERR_OK);
    CHECK_INT(w.n.rooms, 1);
    conversations(&w, "ana+ben:nookm,anam,benm:0P");
    rooms(&w, "direct 5 6P");
    import_place_remove(&w);
}

/* ---- Slack's and Mattermost's */

struct row {
    const char *members, *conversations, *rooms, *said;
};

static void check_row(struct import_place *w, const struct row *row)
{
    for (int i = 0; i < 2; i++) {
        CHECK_INT(import(w), ERR_OK);
        CHECK_TEXT(w->said, row->said);
        CHECK_INT(w->n.rooms, i == 0);
        conversations(w, row->conversations);
        rooms(w, row->rooms);
    }
}

static void write_in(const struct import_place *w, const char *name, const char *first,
                     const char *more, const char *last)
{
    char path[640];
    (void)snprintf(path, sizeof path, "%s/%s", w->in, name);
    write_file(path, first, more, last);
}

/* U1 and U3 have one name: they are one person here. */
static void slacks_of_two_become_theirs(void)
{
    static const struct row rows[] = {
        {"\"U1\",\"U2\"", "ana+ben:nookm,anam,benm:1P", "", ""},
        {"\"U2\",\"U1\"", "ana+ben:nookm,anam,benm:1P", "", ""},
        {"\"U1\"", "", "anaP", ""},
        {"\"U1\",\"U1\"", "", "ana, anaP", ""},
        {"\"U1\",\"U3\"", "", "ana, anaP", ""},
        {"\"U1\",\"U9\"", "", "ana, U9P", ""}, /* of whom nothing is known yet */
        {"\"U1\",\"U2\",\"U1\"", "", "ana, ben, anaP", ""},
        {"\"U1\",7", "", "anaP", ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct import_place w = make();
        char days[400];
        (void)snprintf(days, sizeof days, "%s/D1", w.in);
        must(mkdir(w.in, 0700) == 0 && mkdir(days, 0700) == 0);
        write_in(&w, "users.json",
                 "[{\"id\":\"U1\",\"name\":\"ana\"},{\"id\":\"U2\",\"name\":\"ben\"},", "",
                 "{\"id\":\"U3\",\"name\":\"ana\"}]");
        write_in(&w, "dms.json",
                 "[{\"id\":\"D1\",\"creator\":\"U1\",\"topic\":{\"value\":\"t\"},\"members\":[",
                 rows[i].members, "]}]");
        write_in(&w, "D1/2011-03-13.json", "[{\"type\":\"message\",\"user\":\"U1\",\"text\":\"a\",",
                 "", "\"ts\":\"1300000001.0\"}]");
        check_row(&w, &rows[i]);
        import_place_remove(&w);
    }
}

static void mattermosts_of_two_become_theirs(void)
{
#define POST                                                                                       \
    "{\"type\":\"direct_post\",\"direct_post\":{\"user\":\"ana\",\"message\":\"m\",\"create_at\":" \
    "5,"                                                                                           \
    "\"channel_members\":"
    static const struct row rows[] = {
        {"\"members\":[\"ana\",\"ben\"]}}\n" POST "[\"ana\",\"ben\"]", "ana+ben:nookm,anam,benm:1P",
         "", ""},
        {"\"members\":[\"ana\",\"ben\"]}}\n" POST "[\"ben\",\"ana\"]", "ana+ben:nookm,anam,benm:1P",
         "", ""},
        {"\"participants\":[{\"username\":\"ben\"},{\"username\":\"ana\"}]}}\n" POST
         "[\"ben\",\"ana\"]",
         "ana+ben:nookm,anam,benm:1P", "", ""},
        {"\"members\":[\"ana\"]}}\n" POST "[\"ana\"]", "", "anaP", ""},
        {"\"members\":[\"ana\",\"ana\"]}}\n" POST "[\"ana\",\"ana\"]", "", "ana, anaP", ""},
        {"\"members\":[\"ana\",\"ben\",\"eve\"]}}\n" POST "[\"ana\",\"eve\",\"ben\"]", "",
         "ana, ben, eveP", ""},
        {"\"members\":[\"ana\",\"zoe\"]}}\n" POST "[\"zoe\",\"ana\"]", "", "ana, zoeP",
         "in, 5: the member zoe is not among the people."},
    };
#define CHANNEL_AND_POST                                                                           \
    "{\"type\":\"channel\",\"channel\":{\"team\":\"t\",\"name\":\"lab\",\"type\":\"O\"}}\n"        \
    "{\"type\":\"post\",\"post\":{\"team\":\"t\",\"channel\":\"lab\",\"user\":\"ana\","            \
    "\"message\":\"m\",\"create_at\":5}}\n"
#define PERSON(name) "{\"type\":\"user\",\"user\":{\"username\":\"" name "\"}}\n"
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct import_place w = make();
        write_file(w.in,
                   "{\"type\":\"version\",\"version\":1}\n" PERSON("ana") PERSON("ben")
                       PERSON("eve") "{\"type\":\"direct_channel\",\"direct_channel\":{",
                   rows[i].members, "}}\n");
        check_row(&w, &rows[i]);
        import_look(&w, "SELECT count(*) FROM message", "1");
        import_place_remove(&w);
    }
}

/* Conversations stand behind posts: yet nothing was said when it turns out that one may not be merged. */
static void before_a_conflict_nothing_is_said(void)
{
    struct import_place w = make();
    test_change(w.t.path, there);
    test_change(w.t.path, message);
    write_file(w.in,
               "{\"type\":\"version\",\"version\":1}\n[]\n" PERSON("ana") PERSON("ben")
                   CHANNEL_AND_POST,
               "{\"type\":\"direct_channel\",\"direct_channel\":{\"members\":[\"ben\",\"ana\"]}}\n",
               "{\"type\":\"emoji\"}\n" POST "[\"ana\",\"ben\"]}}\n");
    CHECK_INT(import(&w), ERR_CONFLICT);
    CHECK_INT(w.n.messages, 0);
    import_look(&w, "SELECT count(*) FROM message", "1");
    w.merge = true;
    CHECK_INT(import(&w), ERR_OK);
    CHECK_INT(w.n.messages, 2);
    CHECK_TEXT(w.said, "in, 2: the line is no JSON object."); /* though it is read twice */
    CHECK_INT(w.n.left_out, 1);
    conversations(&w, "ana+ben:nookm,anam,benm:2P");
    import_place_remove(&w);
}

/* ---- and out again */

static void what_goes_out_comes_in_as_it_was(void)
{
    struct import_place home = make(), away = make();
    struct buf out, again;
    buf_init(&out, (size_t)1 << 20);
    buf_init(&again, (size_t)1 << 20);
    write_file(home.in, HEAD, ROOM("[\"ana\",\"nook\"]") MEMBER("ana", "member") MESSAGE, END);
    CHECK_INT(import(&home), ERR_OK);
    export_from(&home, NULL, &out);
    CU_ASSERT_PTR_NOT_NULL(strstr(out.data, "{\"type\":\"room\",\"room\":\"2.7\",\"direct\":"
                                            "[\"ana\",\"nook\"],\"topic\":\"\",\"private\":true,"
                                            "\"created\":7,\"created_by\":\"ben\"}\n"));
    test_change(away.t.path, "INSERT INTO user (name, display, role, created_ms)"
                             " VALUES ('ana', 'X', 'member', 1)"); /* numbers differ */
    write_file(away.in, out.data, "", "");
    CHECK_INT(import(&away), ERR_OK);
    CHECK_TEXT(away.said, "");
    conversations(&away, "nook+ana:nookm,anam:1P");
    export_from(&away, "2", &again);
    CU_ASSERT_PTR_NOT_NULL(strstr(again.data, "\"direct\":[\"ana\",\"nook\"],"));
    buf_fini(&out);
    buf_fini(&again);
    import_place_remove(&home);
    import_place_remove(&away);
}

/* It stays with the one who is left, also elsewhere, and nothing of the other comes back. */
static void who_was_erased_stays_the_other_one(void)
{
    struct import_place home = make(), away = make();
    struct buf out;
    buf_init(&out, (size_t)1 << 20);
    write_file(home.in, HEAD, ROOM("[\"ana\",\"ben\"]"), END);
    CHECK_INT(import(&home), ERR_OK);
    test_change(
        home.t.path,
        "UPDATE user SET name = '-' || id, display = 'Erased person', active = 0"
        " WHERE name = 'ben';"
        "INSERT INTO erasure (user_id, messages, name, display, asked_by, asked_ms, ended_ms)"
        " SELECT id, 'keep', '', '', 0, 1, 2 FROM user WHERE name GLOB '-*';"
        "DELETE FROM setting WHERE name GLOB 'import*';"
        "DELETE FROM member WHERE user_id IN (SELECT user_id FROM erasure);");
    export_from(&home, "2", &out); /* who has nothing there is among the people, too */
    CU_ASSERT_PTR_NOT_NULL(strstr(out.data, "{\"type\":\"user\",\"name\":\"-3\""));
    CU_ASSERT_PTR_NOT_NULL(strstr(out.data, "\"direct\":[\"-3\",\"ana\"],"));
    write_file(away.in, HEAD, "", END); /* other numbers */
    test_change(away.t.path, "INSERT INTO user (name, display, role, created_ms)"
                             " VALUES ('kim', 'K', 'member', 1), ('lea', 'L', 'member', 1)");
    write_file(away.in, out.data, "", "");
    for (int i = 0; i < 2; i++) {
        CHECK_INT(import(&away), ERR_OK);
        CHECK_TEXT(away.said, "");
        CHECK_INT(away.n.rooms, i == 0);
        conversations(&away, "-4+ana:nookm,anam:0P");
    }
    write_file(home.in, out.data, "", ""); /* at home it is the one that is there */
    CHECK_INT(import(&home), ERR_OK);
    CHECK_INT(home.n.rooms, 0);
    conversations(&home, "-3+ana:nookm,anam:0P");
    buf_fini(&out);
    import_place_remove(&home);
    import_place_remove(&away);
}

/* Between the request and the end of an erasure they are still a member here. */
static void who_is_being_erased_is_no_member_elsewhere(void)
{
    struct import_place home = make(), away = make();
    struct buf out;
    buf_init(&out, (size_t)1 << 20);
    test_change(home.t.path, there);
    test_change(
        home.t.path,
        "UPDATE user SET name = '-5', display = 'Erased person', active = 0 WHERE id = 5;"
        "INSERT INTO erasure (user_id, messages, name, display, asked_by, asked_ms, ended_ms)"
        " VALUES (5, 'keep', 'ana', 'A', 0, 1, 0);");
    export_from(&home, NULL, &out);
    CU_ASSERT_PTR_NULL(strstr(out.data, "\"user\":\"-5\""));
    write_file(away.in, out.data, "", "");
    CHECK_INT(import(&away), ERR_OK);
    CHECK_TEXT(away.said, "");
    conversations(&away, "-2+ben:nookm,benm:0P");
    buf_fini(&out);
    import_place_remove(&home);
    import_place_remove(&away);
}

/* Nobody knows what it is called in the database; its number is in its address. */
static void one_room_is_found_by_its_number_alone(void)
{
    struct import_place w = make();
    struct buf out;
    struct exported n;
    char error[256];
    const struct export_order order = {.out = stderr, .room = "direct 3 4", .now_ms = 1};
    buf_init(&out, (size_t)1 << 20);
    write_file(w.in, HEAD, ROOM("[\"ana\",\"ben\"]"), END);
    CHECK_INT(import(&w), ERR_OK);
    import_look(&w, "SELECT name FROM room WHERE id = 2", "direct 3 4");
    CHECK_INT(upkeep_export(w.t.path, &order, &n, error), ERR_NOT_FOUND);
    test_change(w.t.path, "INSERT INTO room (name, private, created_ms, created_by, epoch)"
                          " VALUES ('direct 3 4', 0, 1, 2, 'e')");
    export_from(&w, "direct 3 4", &out);
    CU_ASSERT_PTR_NOT_NULL(strstr(out.data, "\"room\":\"3.1\",\"name\":\"direct 3 4\""));
    export_from(&w, "2", &out);
    CU_ASSERT_PTR_NOT_NULL(strstr(out.data, "\"room\":\"2.7\",\"direct\":[\"ana\",\"ben\"]"));
    CU_ASSERT_PTR_NULL(strstr(out.data, "\"name\":\"eve\""));
    buf_fini(&out);
    import_place_remove(&w);
}

UNIT("upkeep/direct", CASE(it_comes_once), CASE(both_are_in_it_and_nobody_else),
     CASE(what_is_no_two_is_told), CASE(it_goes_into_the_one_that_is_there),
     CASE(a_room_of_such_a_name_is_another), CASE(slacks_of_two_become_theirs),
     CASE(mattermosts_of_two_become_theirs), CASE(before_a_conflict_nothing_is_said),
     CASE(what_goes_out_comes_in_as_it_was), CASE(who_was_erased_stays_the_other_one),
     CASE(who_is_being_erased_is_no_member_elsewhere), CASE(one_room_is_found_by_its_number_alone))
