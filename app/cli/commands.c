/* The commands that ask the server: the running one through its private socket, else the folder is opened here. */
#include "base/bar.h"
#include "base/env.h"
#include "cli/cli.h"
#include "cli/local_socket.h"
#include "http/outcome.h"
#include "wire/json.h"

#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define CALL_MS 60000
#define LONG_CALL_MS 3600000 /* a backup or a check reads everything */
#define STARTING_MS 5000     /* a server that holds the folder will open its socket */
#define ANSWER_MAX ((size_t)1 << 22)
#define PASSWORD_MAX 1024
#define REPORT_MAX ((size_t)1 << 24) /* a file has at most a megabyte */

struct request {
    const char *method;
    struct buf params; /* JSON */
    struct json_writer writer;
    int timeout_ms;
    bool makes_folder;    /* else there must be data already */
    struct bar *progress; /* or NULL */
};

static void request_init(struct request *r, const char *method)
{
    *r = (struct request){.method = method, .timeout_ms = CALL_MS};
    buf_init(&r->params, LOCAL_LINE_MAX / 2);
    json_begin(&r->writer, &r->params);
    json_open(&r->writer, NULL, '{');
}

/* ---- calling */

/* ERR_NOT_FOUND: no server. A folder in use without a socket: its server is starting, or just ending. */
static enum err try_both(struct config *c, const struct request *r, struct buf *out,
                         char error[CONFIG_ERROR_SIZE])
{
    int64_t until_ms = env_monotonic_ms(&env_real) + STARTING_MS;
    const struct local_call call = {text_of(r->method), buf_text(&r->params), r->timeout_ms,
                                    r->progress ? bar_show : NULL, r->progress};
    for (;;) {
        enum err e = local_socket_call(c->options.data, &call, out);
        if (e != ERR_NOT_FOUND) {
            if (e != ERR_OK)
                (void)snprintf(error, CONFIG_ERROR_SIZE, "The server did not answer.");
            return e;
        }
        struct snug *snug = NULL;
        e = snug_new(&c->options, &snug, error);
        if (e == ERR_OK) {
            e = local_socket_call_here(snug, &call, out);
            snug_free(snug);
            return e;
        }
        if (e != ERR_CONFLICT || env_monotonic_ms(&env_real) >= until_ms)
            return e;
        (void)poll(NULL, 0, 50);
    }
}

static void add_string(struct buf *out, struct text value)
{
    if (value.len > 0 && json_kind(value) == JSON_STRING)
        json_string(value, out);
}

/* Calls, and says on stderr what went wrong. True: *out_result is the result's object, borrowed from answer. */
static bool ask(struct config *c, struct request *r, struct buf *answer, struct text *out_result)
{
    char error[CONFIG_ERROR_SIZE] = "";
    struct stat st;
    json_close(&r->writer, '}');
    if (!r->makes_folder && stat(c->options.data, &st) != 0) {
        cli_say("There is no data in %s; --data or --config says where it is.", c->options.data);
        return false;
    }
    enum err e = r->params.err;
    if (e == ERR_OK)
        e = try_both(c, r, answer, error);
    if (r->progress)
        bar_end(r->progress);
    if (e != ERR_OK) {
        cli_say("%s", error[0] ? error : err_text(e));
        return false;
    }
    struct text line = buf_text(answer);
    if (!json_valid(line, JSON_DEPTH_MAX)) {
        cli_say("The server's answer cannot be read.");
        return false;
    }
    *out_result = json_find(line, "result");
    if (out_result->len > 0)
        return true;
    struct buf message;
    buf_init(&message, 4096);
    add_string(&message, json_find(json_find(line, "error"), "message"));
    cli_say("%.*s", TEXT_ARG(buf_text(&message)));
    buf_fini(&message);
    return false;
}

/* Prints the result's text or number of that name between two pieces. */
static void print_member(struct text result, const char *before, const char *name,
                         const char *after)
{
    struct text value = json_find(result, name);
    struct buf text;
    buf_init(&text, 65536);
    if (value.len > 0 && json_kind(value) == JSON_STRING)
        json_string(value, &text);
    else
        buf_add_text(&text, value);
    (void)printf("%s%.*s%s", before, TEXT_ARG(buf_text(&text)), after);
    buf_fini(&text);
}

/* ---- the commands */

/* The first line of stdin without its end becomes the request's password. False: said why. */
static bool add_password(struct request *r)
{
    char password[PASSWORD_MAX] = "";
    const char *why = NULL;
    if (!fgets(password, sizeof password, stdin))
        why = "There is no password on stdin.";
    size_t len = strcspn(password, "\r\n");
    if (!why && len == PASSWORD_MAX - 1)
        why = "The password on stdin is too long.";
    if (why)
        cli_say("%s", why);
    else
        json_add_text(&r->writer, "password", (struct text){password, len});
    explicit_bzero(password, sizeof password);
    return !why;
}

int user_add_run(struct config *c, const struct arguments *a)
{
    struct request r;
    struct buf answer;
    struct text result;
    request_init(&r, "user.add");
    r.makes_folder = true;
    buf_init(&answer, ANSWER_MAX);
    json_add_text(&r.writer, "name", text_of(a->words[0]));
    if (a->admin)
        json_add_bool(&r.writer, "admin", true);
    bool added = (!a->password_stdin || add_password(&r)) && ask(c, &r, &answer, &result);
    if (added) {
        struct text user = json_find(result, "user");
        bool known = text_is(json_find(result, "known"), TEXT("true"));
        print_member(user, known ? "Gave a password to " : "Added ", "name", "");
        print_member(user, ", user ", "id",
                     a->password_stdin ? ".\n" : ", without a password: only tokens let in.\n");
    }
    buf_fini(&r.params);
    buf_fini(&answer);
    return added ? 0 : 1;
}

int user_password_run(struct config *c, const struct arguments *a)
{
    struct request r;
    struct buf answer;
    struct text result;
    request_init(&r, "user.reset");
    buf_init(&answer, ANSWER_MAX);
    json_add_text(&r.writer, "user", text_of(a->words[0]));
    bool given = (!a->password_stdin || add_password(&r)) && ask(c, &r, &answer, &result);
    if (given && a->password_stdin)
        print_member(json_find(result, "user"), "Gave another password to ", "name", ".\n");
    else if (given)
        print_member(result, "", "password", "\n");
    if (answer.data)
        explicit_bzero(answer.data, answer.len);
    buf_fini(&r.params);
    buf_fini(&answer);
    return given ? 0 : 1;
}

/* What was done, and what still has the person. */
static void print_erased(struct text result, const char *messages)
{
    print_member(result, "Erased user ", "user", ". ");
    (void)printf(strcmp(messages, "delete") == 0
                     ? "Their messages are deleted; the search index has forgotten the words for "
                       "good about an hour after.\n"
                     : "Their messages stay, under the name Erased person.\n");
    (void)printf("Backups and exports of before still have the person: restoring one brings them "
                 "back. Delete those\nthat are not needed, and erase again after a restore.\n");
}

int user_erase_run(struct config *c, const struct arguments *a)
{
    struct request r;
    struct buf answer;
    struct text result;
    struct bar progress = {.word = "Erasing", .unit = BAR_STEPS};
    if (!a->messages || (strcmp(a->messages, "keep") != 0 && strcmp(a->messages, "delete") != 0)) {
        cli_say("--messages must be keep or delete.");
        return 2;
    }
    request_init(&r, "server.erase");
    r.progress = &progress;
    r.timeout_ms = LONG_CALL_MS;
    buf_init(&answer, ANSWER_MAX);
    json_add_text(&r.writer, "user", text_of(a->words[0]));
    json_add_text(&r.writer, "messages", text_of(a->messages));
    bool erased = ask(c, &r, &answer, &result);
    if (erased)
        print_erased(result, a->messages);
    buf_fini(&r.params);
    buf_fini(&answer);
    return erased ? 0 : 1;
}

int token_run(struct config *c, const struct arguments *a)
{
    struct request r;
    struct buf answer;
    struct text result;
    request_init(&r, "token.make");
    buf_init(&answer, ANSWER_MAX);
    json_add_text(&r.writer, "name", text_of(a->words[0]));
    if (a->ttl_given)
        json_add_int(&r.writer, "ttl_s", a->ttl_s);
    bool made = ask(c, &r, &answer, &result);
    if (made)
        print_member(result, "", "token", "\n");
    buf_fini(&r.params);
    buf_fini(&answer);
    return made ? 0 : 1;
}

/* The server may run in another folder. */
static void add_absolute(struct buf *out, const char *file)
{
    char here[PATH_MAX];
    if (file[0] != '/' && getcwd(here, sizeof here))
        buf_add_format(out, "%s/", here);
    buf_add_text(out, text_of(file));
}

int announce_run(struct config *c, const struct arguments *a)
{
    struct request r;
    struct buf answer;
    struct text result;
    request_init(&r, "place.announce");
    buf_init(&answer, ANSWER_MAX);
    json_add_text(&r.writer, "text", text_of(a->words[0]));
    bool told = ask(c, &r, &answer, &result);
    if (told) {
        print_member(result, "Told users: ", "users", ", ");
        print_member(result, "connections: ", "connections", ".\n");
    }
    buf_fini(&r.params);
    buf_fini(&answer);
    return told ? 0 : 1;
}

static int64_t number_of(struct text result, const char *name)
{
    int64_t n = 0;
    (void)!json_int(json_find(result, name), 0, INT64_MAX, &n);
    return n;
}

/* What is not in it goes to stderr: the backup is good, and somebody may want to know. */
static void print_backup(struct text result, const char *file)
{
    int64_t files = number_of(result, "files"), deleted = number_of(result, "deleted");
    int64_t lost = number_of(result, "lost");
    print_member(result, "Copied ", "bytes", " bytes to ");
    (void)printf("%s, and found the copy whole.\n", file);
    if (files) {
        (void)printf("%lld file%s, ", (long long)files, files == 1 ? "" : "s");
        print_member(result, "", "file_bytes", " bytes, ");
        (void)printf("%s in %s.files.\n", files == 1 ? "is" : "are", file);
    }
    if (deleted)
        cli_say("%lld file%s deleted meanwhile: nothing was removed from %.150s.files this time.",
                (long long)deleted, deleted == 1 ? " was" : "s were", file);
    if (lost)
        cli_say("The bytes of %lld file%s are not in the data, and not in the backup: snug check "
                "names them.",
                (long long)lost, lost == 1 ? "" : "s");
}

int backup_run(struct config *c, const struct arguments *a)
{
    struct request r;
    struct buf answer, file;
    struct text result;
    struct bar progress = {.word = "Copying", .unit = BAR_BYTES};
    request_init(&r, "server.backup");
    r.progress = &progress;
    r.timeout_ms = LONG_CALL_MS;
    buf_init(&answer, ANSWER_MAX);
    buf_init(&file, PATH_MAX * 2);
    add_absolute(&file, a->words[0]);
    json_add_text(&r.writer, "file", buf_text(&file));
    bool copied = ask(c, &r, &answer, &result);
    if (copied)
        print_backup(result, a->words[0]);
    buf_fini(&r.params);
    buf_fini(&answer);
    buf_fini(&file);
    return copied ? 0 : 1;
}

/* The file alone: every option that is not good, a line each, and the sum. */
static int check_file(const char *path)
{
    char error[CONFIG_ERROR_SIZE] = "";
    struct config_report report = {0};
    buf_init(&report.lines, REPORT_MAX);
    enum err e = config_check_file(path, &report, error);
    bool good = e == ERR_OK && report.problems == 0;
    if (e != ERR_OK) {
        cli_say("%s", error);
    } else {
        (void)printf("%.*s%s: %u option%s, ", TEXT_ARG(buf_text(&report.lines)), path,
                     report.options, report.options == 1 ? "" : "s");
        if (good)
            (void)printf("all good\n");
        else
            (void)printf("%u problem%s\n", report.problems, report.problems == 1 ? "" : "s");
    }
    buf_fini(&report.lines);
    return good ? 0 : 1;
}

static void print_findings(struct text list, int64_t count)
{
    struct text finding;
    int64_t shown = 0;
    while (list.len > 0 && json_element(&list, &finding)) {
        print_member(finding, "", "what", "\n");
        print_member(finding, "    ", "do", "\n");
        shown++;
    }
    if (count > shown)
        (void)printf("And %lld more.\n", (long long)(count - shown));
    (void)printf("Found: %lld.\n", (long long)count);
}

int check_run(struct config *c, const struct arguments *a)
{
    if (a->file)
        return check_file(a->file);
    struct request r;
    struct buf answer;
    struct text result;
    struct bar progress = {.word = "Checking", .unit = a->read_files ? BAR_SHARE : BAR_STEPS};
    request_init(&r, "server.check");
    if (a->read_files)
        json_add_bool(&r.writer, "files", true);
    r.timeout_ms = LONG_CALL_MS;
    r.progress = &progress;
    buf_init(&answer, ANSWER_MAX);
    int64_t count = -1; /* of findings; none: it could not look */
    if (ask(c, &r, &answer, &result) &&
        json_int(json_find(result, "count"), 0, INT64_MAX, &count) && count > 0)
        print_findings(json_find(result, "findings"), count);
    else if (count == 0)
        (void)printf("The data in %s is whole.\n", c->options.data);
    buf_fini(&r.params);
    buf_fini(&answer);
    return count == 0 ? 0 : 1;
}

int version_run(struct config *c, const struct arguments *a)
{
    (void)c;
    (void)a;
    (void)printf("snug %s\n", snug_version);
    return 0;
}
