/* A check tells each thing that is wrong in words, with what to do, and nothing of data that is whole. */
#include "placed_files.h"
#include "test_store.h"
#include "unit.h"
#include "upkeep/upkeep.h"
#include "wire/json.h"

/* Room 2 has six events: somebody came, two messages, one of which names user 1, and two edits of the first; the index has the
 * first message. */
static const char whole[] =
    "INSERT INTO user (name, display, role, created_ms) VALUES ('ana', 'Ana', 'member', 1);"
    "INSERT INTO room (name, private, created_ms, created_by, epoch, top)"
    " VALUES ('lab', 0, 1, 2, 'e', 6);"
    "INSERT INTO member (room_id, user_id, role, since_ms, read_offset) VALUES (2, 2, 'owner', 1, "
    "3);"
    "INSERT INTO message (room_id, offset, author_id, text, created_ms, key, edited_ms, "
    "edit_offset)"
    " VALUES (2, 2, 2, 'one', 1, 'k1', 9, 6), (2, 4, 2, '@nook two', 1, 'k2', 0, 0);"
    "INSERT INTO send_key VALUES (2, 'k1', 1, 1, 1), (0, 'slack:C1:1', 2, 2, 1);"
    "INSERT INTO mention VALUES (1, 2, 4, 4);"
    "INSERT INTO stream (room_id, offset, time_ms, data) VALUES (2, 1, 1, "
    "'{\"type\":\"member_joined\"}'),"
    " (2, 2, 1, "
    "'{\"type\":\"message_created\",\"message\":{\"id\":\"1\",\"text\":\"one\",\"edited\":9}}'),"
    " (2, 3, 1, '{\"type\":\"room_updated\"}'),"
    " (2, 4, 1, '{\"type\":\"message_created\",\"message\":{\"id\":\"2\",\"text\":\"@nook "
    "two\"}}'),"
    " (2, 5, 1, '{\"type\":\"message_edit_replaced\",\"message\":{\"id\":\"1\"}}'),"
    " (2, 6, 1, "
    "'{\"type\":\"message_edited\",\"message\":{\"id\":\"1\",\"text\":\"one\",\"edited\":9}}');"
    "INSERT INTO user (name, display, role, active, created_ms)"
    " VALUES ('-3', 'Erased person', 'member', 0, 1);"
    "INSERT INTO erasure (user_id, messages, name, display, asked_by, asked_ms, ended_ms)"
    " VALUES (3, 'delete', '', '', 0, 1, 2);"
    "UPDATE setting SET value = '1' WHERE name = 'search_watermark';"
    "INSERT INTO message_text (rowid, text, facts) SELECT id, text, facts FROM message_indexed;";

static void check(const char *sql, const char *words)
{
    struct tmpdb t = tmpdb_make();
    struct store_options o = test_store_options(t.path);
    struct store *s = test_store_open(&o);
    struct findings f;
    char error[256] = "";
    test_change(t.path, whole);
    test_change(t.path, sql);
    findings_init(&f);
    CHECK_INT(upkeep_check(s, &f, error), ERR_OK);
    CHECK_INT(f.count, words[0] ? 1 : 0);
    CU_ASSERT_TRUE(json_valid(buf_text(&f.json), 4));
    buf_add_char(&f.json, 0);
    bool found = strstr(f.json.data, words) && (!words[0] || strstr(f.json.data, "\"do\":\""));
    if (!found)
        (void)fprintf(stderr, "%s\n    gave %s %s\n", sql, f.json.data, error);
    CU_ASSERT_TRUE(found);
    findings_fini(&f);
    store_close(s);
    tmpdb_remove(&t);
}

/* Room 3 is a conversation of user 2 and of the one who was erased. */
#define DIRECT                                                                                     \
    "INSERT INTO room (name, private, created_ms, created_by, epoch, direct_a, direct_b)"          \
    " VALUES ('direct 2 3', 1, 1, 2, 'e', 2, 3);"                                                  \
    "INSERT INTO user (name, display, role, created_ms) VALUES ('eve', 'Eve', 'member', 1);"       \
    "INSERT INTO member (room_id, user_id, role, since_ms, read_offset) VALUES (3, 1, 'member', "  \
    "1, 0), (3, 2, 'member', 1, 0);"

/* File 1 is of message 2. */
#define SENT                                                                                       \
    "INSERT INTO file (id, author_id, key, blob, name, size, type, sha256, created_ms, room_id,"   \
    " message_id) VALUES (1, 2, 'k', '0123456789abcdef0123456789abcdef', 'a.png', 7, 'image/png'," \
    " 'ab', 1, 2, 2);"                                                                             \
    "UPDATE message SET files = "                                                                  \
    "'[{\"id\":\"1\",\"name\":\"a.png\",\"type\":\"image/png\",\"size\":7}]' WHERE id = 2;"

#define RUN_FROM_TO(first, last)                                                                   \
    "INSERT INTO run (id, room_id, agent_id, started_by, text, state, created_ms, first_offset,"   \
    " last_offset) VALUES ('01HZZZZZZZZZZZZZZZZZZZZZZZ', 2, 1, 2, 'x', 'completed', 1, " first     \
    ", " last ")"

static void nothing_is_found_in_what_is_whole(void)
{
    check("", "");
    check(RUN_FROM_TO("3", "4"), "");
    check(RUN_FROM_TO("0", "0"), ""); /* of a time when exports had no steps */
    check("DELETE FROM stream WHERE room_id = 2 AND offset <= 2", ""); /* cut by retention */
    check("DELETE FROM stream", "");
    check(DIRECT, ""); /* of one who was erased */
    check(SENT, "");
    check(SENT "UPDATE file SET message_id = NULL, room_id = 0; UPDATE message SET files = ''", "");
    check(SENT "UPDATE message SET files = ''; DELETE FROM file; INSERT INTO file_gone VALUES "
               "('0123456789abcdef0123456789abcdef')",
          ""); /* nobody has swept yet */
    static const char forget[] =
        "INSERT INTO message_text (message_text, rowid, text, facts)"
        " SELECT 'delete', id, text, facts FROM message_indexed WHERE id = 1;"
        "UPDATE stream SET data = json_set(data, '$.type', 'message_edit_replaced') WHERE offset = "
        "6;";
    char sql[768];
    (void)snprintf(sql, sizeof sql, "%sDELETE FROM mention; DELETE FROM message WHERE id = 1",
                   forget);
    check(sql, ""); /* its key outlasts it */
    (void)snprintf(sql, sizeof sql,
                   "%sUPDATE message SET text = '', deleted_by = 'author', edited_ms = 0,"
                   " edit_offset = 0 WHERE id = 1; UPDATE stream SET data = json_remove("
                   "json_set(data, '$.message.text', ''), '$.message.edited') WHERE offset = 2",
                   forget);
    check(sql, "");
}

/* What is done to the database, and what is said of it then. */
static const char *const findings[][2] = {
    {"INSERT INTO member (room_id, user_id, role, since_ms, read_offset) VALUES (2, 77, 'member', "
     "1, 0)",
     "of member refers to nothing in user."},
    {"DELETE FROM stream WHERE room_id = 2 AND offset = 3",
     "Room lab (2): event 3 is missing in its stream."},
    {"UPDATE room SET top = 8 WHERE id = 2; INSERT INTO stream (room_id, offset, time_ms, "
     "data) VALUES (2, 8, 1, '{}')",
     "Room lab (2): event 7 is missing in its stream."},
    {"UPDATE room SET top = 10 WHERE id = 2; INSERT INTO stream (room_id, offset, time_ms, "
     "data) VALUES (2, 10, 1, '{}')",
     "Room lab (2): events 7 to 9 are missing in its stream."},
    {"UPDATE room SET top = 3 WHERE id = 2",
     "Room lab (2): its numbering is at 3, but its newest event has 6."},
    {"UPDATE room SET top = 9 WHERE id = 2",
     "Room lab (2): its numbering is at 9, but its newest event has 6."},
    {"UPDATE stream SET data = '{\"type\":\"message_created\",\"message\":{\"id\":\"7\"}}'"
     " WHERE room_id = 2 AND offset = 4",
     "Message 2 in room lab (2): event 4, which is to be its own, is another."},
    {"UPDATE stream SET data = 'no JSON' WHERE room_id = 2 AND offset = 2",
     "Message 1 in room lab (2): event 2, which is to be its own, is another."},
    {"UPDATE message SET text = 'won' WHERE id = 2",
     "Message 2 in room lab (2): event 4 says something else."},
    {"UPDATE stream SET data = json_set(data, '$.message.text', 'won') WHERE room_id = 2 AND "
     "offset = 6",
     "Message 1 in room lab (2): event 6 says something else."},
    {"UPDATE stream SET data = json_remove(data, '$.message.edited') WHERE room_id = 2 AND "
     "offset = 2",
     "Message 1 in room lab (2): event 2 says something else."},
    {"UPDATE stream SET data = '{\"type\":\"room_updated\"}' WHERE room_id = 2 AND offset = 6",
     "Message 1 in room lab (2): the event of its last edit, number 6, is missing."},
    {"UPDATE stream SET data = json_set(data, '$.type', 'message_edited') WHERE room_id = 2 "
     "AND offset = 5",
     "Room lab (2): event 5 has a text that a message had before."},
    {"INSERT INTO message (room_id, offset, author_id, text, created_ms, key)"
     " VALUES (2, 9, 2, 'far', 1, 'k3')",
     "Message 3 in room lab (2): its event, number 9, is missing."},
    {"UPDATE member SET read_offset = 7 WHERE room_id = 2",
     "Room lab (2): the read mark of user 2 is 7, above its newest event, 6."},
    {RUN_FROM_TO("3", "7"), "Room lab (2): run 01HZZZZZZZZZZZZZZZZZZZZZZZ is said to go from"
                            " event 3 to 7, but the newest is 6."},
    {RUN_FROM_TO("3", "2"), "from event 3 to 2, but"},
    {RUN_FROM_TO("0", "2"), "from event 0 to 2, but"},
    {"INSERT INTO mention VALUES (1, 2, 5, 3)", "1 mentions in room 2"},
    {"INSERT INTO mention VALUES (88, 2, 4, 4)", "1 mentions in room 2"},
    {DIRECT "UPDATE room SET private = 0 WHERE id = 3",
     "Room 3, a conversation of users 2 and 3, is open to everybody."},
    {DIRECT "INSERT INTO member (room_id, user_id, role, since_ms, read_offset) VALUES (3, 4, "
            "'member', 1, 0)",
     "User 4 is in room 3, a conversation of users 2 and 3."},
    {SENT "UPDATE message SET files = 'no JSON' WHERE id = 2; DELETE FROM file",
     "What message 2 tells of its files cannot be read."},
    {SENT "DELETE FROM file",
     "Message 2 tells of file 1, which is not there, not whole, or of another message."},
    {SENT "UPDATE file SET sha256 = ''", "Message 2 tells of file 1, which is not there, not"},
    {SENT "UPDATE file SET size = 8", "Message 2 tells of file 1, which is not there, not"},
    {SENT "UPDATE file SET room_id = 1", "Message 2 tells of file 1, which is not there, not"},
    {SENT "UPDATE message SET files = ''", "File 1 is of message 2, which does not tell of it."},
    {SENT "INSERT INTO file_gone SELECT blob FROM file",
     "The bytes of file 1 are to be removed as if it had been deleted."},
    {"WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10001)"
     " INSERT INTO file_gone SELECT printf('%032x', i) FROM n",
     "The bytes of 10001 files that were deleted have not gone."},
    {"INSERT INTO send_key VALUES (66, 'k', 1, 1, 1)", "1 send keys are of user 66"},
    {"INSERT INTO stream (room_id, offset, time_ms, data) VALUES (55, 1, 1, '{}')",
     "1 events are of room 55"},
    {"UPDATE stream SET data = "
     "'{\"type\":\"member_joined\",\"user\":{\"id\":\"3\",\"name\":\"z\"}}'"
     " WHERE room_id = 2 AND offset = 1",
     "Room lab (2): event 1 still names user 3, who was erased."},
    {"UPDATE stream SET data = "
     "'{\"type\":\"a\",\"data\":{\"started_by\":{\"id\":\"3\",\"name\":\"z\"}}}'"
     " WHERE room_id = 2 AND offset = 3",
     "Room lab (2): event 3 still names user 3, who was erased."},
    {"UPDATE user SET display = 'Zora' WHERE id = 3",
     "There is still a name or a password of user 3, who was erased."},
    {"INSERT INTO member (room_id, user_id, role, since_ms, read_offset) VALUES (2, 3, 'member', "
     "1, 0)",
     "There is still a membership of user 3, who was erased."},
    {"INSERT INTO mention VALUES (3, 2, 4, 4)", "There is still a mention of user 3"},
    {"INSERT INTO send_key VALUES (3, 'k', 1, 1, 1)", "There is still a send key of user 3"},
    {"INSERT INTO connection (id, user_id, client, address, transport, since_ms)"
     " VALUES ('c', 3, '', '', '', 1)",
     "There is still a line of the connection history of user 3"},
    {"UPDATE message SET author_id = 3 WHERE id = 2", "There is still a text of user 3"},
    {"UPDATE erasure SET display = 'Zora'", "There is still the name in what was asked of user 3"},
    {"UPDATE erasure SET ended_ms = 0",
     "The erasure of user 3, asked for on 1970-01-01, has not ended."},
    {"DELETE FROM setting WHERE name = 'search_watermark'", "nothing is found by searching"},
    {"UPDATE setting SET value = '2' WHERE name = 'search_watermark'",
     "1 messages are not in the search index, which is said to reach message 2."},
    {"INSERT INTO message_text (rowid, text, facts) VALUES (2, '@nook two', 'all')",
     "The search index has 1 messages that are not there, or are above message 1"},
};

static void each_thing_that_is_wrong_is_told(void)
{
    for (size_t i = 0; i < sizeof findings / sizeof findings[0]; i++)
        check(findings[i][0], findings[i][1]);
}

/* ---- bytes */

/* What a check of the bytes says, all sentences; NULL in *wanted: it is whole. */
static void check_folder(const char *path, const char *files, bool read, const char *wanted)
{
    struct store_options o = test_store_options(path);
    struct store *s = test_store_open(&o);
    struct findings f;
    char error[256] = "";
    findings_init(&f);
    f.files = files;
    f.read_files = read;
    CHECK_INT(upkeep_check(s, &f, error), ERR_OK);
    CHECK_INT(f.count, wanted ? 1 : 0);
    CU_ASSERT_TRUE(json_valid(buf_text(&f.json), 4));
    buf_add_char(&f.json, 0);
    if (wanted && !strstr(f.json.data, wanted))
        (void)fprintf(stderr, "%s\n    is not %s\n", f.json.data, wanted);
    CU_ASSERT_TRUE(!wanted || strstr(f.json.data, wanted));
    findings_fini(&f);
    store_close(s);
}

static void each_file_is_asked_for_its_bytes(void)
{
    struct tmpdb t = tmpdb_make();
    struct store_options o = test_store_options(t.path);
    char files[288], path[BLOB_PATH_SIZE];
    store_close(test_store_open(&o));
    (void)snprintf(files, sizeof files, "%s/files", t.folder);
    check_folder(t.path, files, false, NULL); /* there is no folder yet */
    for (int n = 1; n <= 300; n++) {          /* more than are looked at at once */
        placed_put_row(t.path, n, 0);
        if (n % 100 == 0)
            placed_put_bytes(files, n);
        else
            test_change(t.path,
                        "UPDATE file SET sha256 = '' WHERE id = (SELECT max(id) FROM file)");
    }
    check_folder(t.path, files, true, NULL);
    must(unlink(placed_path(files, 300, path)) == 0);
    check_folder(t.path, files, false,
                 "The bytes of file 300 (file 300.log), "
                 "files/2c/2c000000000000000000000000000300, are not there.");
    placed_write(path, "cut", 3);
    check_folder(t.path, files, false, "are 3, and should be 100300.");
    must(unlink(path) == 0 && symlink("/dev/null", path) == 0);
    check_folder(t.path, files, false, "cannot be read: Too many levels of symbolic links");
    must(unlink(path) == 0);
    placed_put_bytes(files, 300);
    FILE *changed = fopen(path, "r+e");
    must(changed && fputc('!', changed) == '!' && fclose(changed) == 0);
    check_folder(t.path, files, false, NULL); /* that it is another needs reading */
    check_folder(t.path, files, true, "300, are not those that were sent.");
    tmpdb_remove(&t);
}

static void bytes_that_belong_to_nothing_are_told(void)
{
    struct tmpdb t = tmpdb_make();
    struct store_options o = test_store_options(t.path);
    char files[288], path[BLOB_PATH_SIZE + 8];
    store_close(test_store_open(&o));
    (void)snprintf(files, sizeof files, "%s/files", t.folder);
    placed_put_bytes(files, 7);
    check_folder(t.path, files, false,
                 "files/07/07000000000000000000000000000007 (100007 bytes) belongs to nothing.");
    test_change(t.path, "INSERT INTO file_gone VALUES ('07000000000000000000000000000007')");
    check_folder(t.path, files, false, NULL); /* it goes */
    test_change(t.path, "DELETE FROM file_gone");
    placed_put_row(t.path, 7, 0);
    check_folder(t.path, files, false, NULL);
    (void)placed_path(files, 8, path);
    (void)stpcpy(path + strlen(path), ".part");
    placed_write(path, "half", 4);
    check_folder(t.path, files, false, "8.part (4 bytes) belongs to nothing.");
    placed_put_row(t.path, 8, 0);
    test_change(t.path, "UPDATE file SET sha256 = '' WHERE id = 8"); /* that comes */
    check_folder(t.path, files, false, NULL);
    (void)snprintf(path, sizeof path, "%s/import.part", files);
    placed_write(path, "half", 4);
    check_folder(t.path, files, false, "files/import.part (4 bytes) belongs to nothing.");
    must(unlink(path) == 0);
    (void)snprintf(path, sizeof path, "%s/07/nothing of ours", files);
    must(mkdir(path, 0700) == 0);
    check_folder(t.path, files, false, "files/07/nothing of ours (no file) belongs to nothing.");
    tmpdb_remove(&t);
}

static void of_many_findings_all_are_counted(void)
{
    struct tmpdb t = tmpdb_make();
    struct store_options o = test_store_options(t.path);
    struct store *s = test_store_open(&o);
    struct findings f;
    char error[256] = "";
    test_change(t.path,
                "WITH RECURSIVE n (i) AS (SELECT 10 UNION ALL SELECT i + 1 FROM n WHERE i < 99)"
                " INSERT INTO stream (room_id, offset, time_ms, data) SELECT i, 1, 1, '{}' FROM n;"
                "WITH RECURSIVE n (i) AS (SELECT 10 UNION ALL SELECT i + 1 FROM n WHERE i < 39)"
                " INSERT INTO mention SELECT 1, i, 1, 1 FROM n");
    findings_init(&f);
    for (int i = 0; i < 2; i++) { /* again: it begins anew */
        CHECK_INT(upkeep_check(s, &f, error), ERR_OK);
        CHECK_INT(f.count, 90 + 30);
        int told = 0;
        struct text list = buf_text(&f.json);
        struct text finding;
        while (json_element(&list, &finding))
            told++;
        CHECK_INT(told, FINDINGS_MAX);
    }
    findings_fini(&f);
    store_close(s);
    tmpdb_remove(&t);
}

static void a_server_that_stops_is_not_held_up(void)
{
    struct tmpdb t = tmpdb_make();
    struct store_options o = test_store_options(t.path);
    struct store *s = test_store_open(&o);
    struct findings f;
    char error[256] = "";
    findings_init(&f);
    store_copy_stop(s);
    CHECK_INT(upkeep_check(s, &f, error), ERR_CANCELLED);
    CU_ASSERT_TRUE(error[0] != 0);
    findings_fini(&f);
    store_close(s);
    tmpdb_remove(&t);
}

UNIT("upkeep/check", CASE(nothing_is_found_in_what_is_whole),
     CASE(each_thing_that_is_wrong_is_told), CASE(each_file_is_asked_for_its_bytes),
     CASE(bytes_that_belong_to_nothing_are_told), CASE(of_many_findings_all_are_counted),
     CASE(a_server_that_stops_is_not_held_up))
