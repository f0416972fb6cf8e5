#include "cli/cli.h"

#include "cli/arguments.h"
#include "load/load.h"

#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>

struct command {
    const char *name, *second; /* "user" "add"; second NULL: one word */
    unsigned words, more;      /* how many more it wants, and may have besides */
    unsigned takes;
    int (*run)(struct config *c, const struct arguments *a);
    const char *usage;
    int (*alone)(char *const *argv, char *const *environment); /* in place of run: it has no data
                                                                   and reads its own arguments */
};

static const char folder_usage[] = "  --data DIR      folder of the data (./snug-data)\n"
                                   "  --config FILE   configuration as JSON\n"
                                   "  --help          this text\n";

static const struct command commands[] = {
    {"serve", NULL, 0, 0, TAKES_SERVE, serve_run,
     "snug serve [--listen ADDRESS:PORT]... [--data DIR] [--config FILE]\n"
     "\n"
     "Serves until SIGTERM. Logs go to stderr.\n"
     "\n"
     "  --ephemeral     throw-away data, a free port, --ready-json\n"
     "  --ready-json    one line on stdout as soon as it answers: url, setup_url, api_key, pid\n",
     NULL},
    {"user", "add", 1, 0, TAKES_USER | TAKES_PASSWORD, user_add_run,
     "snug user add NAME [--admin] [--password-stdin]\n"
     "\n"
     "Adds a person, also while the server runs. Somebody who is there without a password, "
     "because\n"
     "they were imported or added so, gets the first one.\n"
     "\n"
     "  --admin           may manage everything\n"
     "  --password-stdin  the password is the first line of stdin; else only tokens let in\n",
     NULL},
    {"user", "password", 1, 0, TAKES_PASSWORD, user_password_run,
     "snug user password NAME|ID [--password-stdin]\n"
     "\n"
     "Gives somebody who forgot it another password, also while the server runs, and ends their\n"
     "log-ins. Tokens that were made stay good.\n"
     "\n"
     "  --password-stdin  it is the first line of stdin; else one is made and printed\n",
     NULL},
    {"user", "erase", 1, 0, TAKES_MESSAGES, user_erase_run,
     "snug user erase NAME|ID --messages keep|delete\n"
     "\n"
     "Erases a person for good, also while the server runs: name, password, sessions, memberships\n"
     "and the history of their connections are gone at once or within moments. Again shows how\n"
     "far it is. A backup or an export of before still has them.\n"
     "\n"
     "  --messages keep    what they wrote stays, under the name Erased person\n"
     "  --messages delete  it is deleted too\n",
     NULL},
    {"token", NULL, 1, 0, TAKES_LIFETIME, token_run,
     "snug token NAME [--ttl SECONDS]\n"
     "\n"
     "Prints a connection token of a person, for programs.\n"
     "\n"
     "  --ttl SECONDS   how long it is good (30 days)\n",
     NULL},
    {"announce", NULL, 1, 0, 0, announce_run,
     "snug announce TEXT\n"
     "\n"
     "Tells everybody who is connected now, once; it is kept nowhere.\n"
     "\n",
     NULL},
    {"backup", NULL, 1, 0, 0, backup_run,
     "snug backup FILE\n"
     "\n"
     "Copies the database, also while people keep writing, and looks whether the copy is whole.\n"
     "The bytes of the files that it names come to FILE.files, as links where the disk can make\n"
     "them; what is there already stays, so that the same FILE each night costs what is new.\n"
     "\n",
     NULL},
    {"restore", NULL, 1, 0, 0, restore_run,
     "snug restore FILE\n"
     "\n"
     "Puts a backup in the place of the data, while no server uses the folder. What was there is\n"
     "kept beside it as snug.db.before-restore-TIME. Bytes of files that the data lacks come from\n"
     "FILE.files; nothing is removed.\n"
     "\n",
     NULL},
    {"export", NULL, 0, 1, TAKES_ROOM | TAKES_FILES, export_run,
     "snug export [--room ID|NAME] [--files DIR] [FILE]\n"
     "\n"
     "Writes people, rooms, private ones too, and their messages as JSON lines to a file or to\n"
     "stdout (-), as they are at one moment, also while people keep writing. No secrets.\n"
     "\n"
     "  --room ID|NAME  only this room\n"
     "  --files DIR     writes the bytes of its files there, each once; else they are only named\n",
     NULL},
    {"import", NULL, 1, 0, TAKES_MERGE | TAKES_FILES, import_run,
     "snug import [--merge] [--files DIR] FILE|FOLDER\n"
     "\n"
     "Takes in what snug export wrote, a folder of Slack's export (unpacked), or a file of\n"
     "Mattermost's bulk export, while no server uses the data. Again adds only what is missing.\n"
     "People it makes have no password: snug user add NAME --password-stdin gives them one.\n"
     "\n"
     "  --merge         into rooms of the same name too that have messages already\n"
     "  --files DIR     where snug export --files wrote the bytes of files; those of Slack's and\n"
     "                  Mattermost's are looked for beside the messages\n",
     NULL},
    {"check", NULL, 0, 0, TAKES_FILE | TAKES_READING, check_run,
     "snug check [--files] [--config FILE]\n"
     "\n"
     "Looks whether the data is whole: the database, the numbering of rooms, messages and their\n"
     "events, files and their bytes, what belongs to nothing, the search index. Says what to do\n"
     "about each finding, and ends with 1 if there is one. With --config, and without --data, it\n"
     "looks at the file alone, option by option: it opens no data and asks no running server.\n"
     "\n"
     "  --files         reads all bytes of files, and compares them with what they were\n",
     NULL},
    {.name = "load",
     .usage = "snug load WORKLOAD --url URL [OPTION]...\n"
              "\n"
              "Sends messages through a server, and counts what arrives.\n"
              "\n",
     .alone = load_run},
    {"version", NULL, 0, 0, 0, version_run, "snug version\n\nPrints the version.\n\n", NULL},
};
#define COMMANDS_COUNT (sizeof commands / sizeof commands[0])

const char *cli_usage(size_t i)
{
    return i < COMMANDS_COUNT ? commands[i].usage : NULL;
}

void cli_say(const char *format, ...)
{
    char line[CONFIG_ERROR_SIZE + 64];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(line, sizeof line, format, args);
    va_end(args);
    (void)fprintf(stderr, "snug: %s\n", line);
}

static void print_all(FILE *out)
{
    (void)fputs(
        "Snug: team chat with agents as members. One binary, one data folder, a browser.\n\n", out);
    for (size_t i = 0; i < COMMANDS_COUNT; i++) {
        const char *usage = commands[i].usage;
        (void)fprintf(out, "  %.*s\n", (int)strcspn(usage, "\n"), usage);
    }
    (void)fputs("\nsnug COMMAND --help says more.\n", out);
}

static void print_usage(const struct command *cmd)
{
    (void)fputs(cmd->usage, stdout);
    (void)fputs(folder_usage, stdout);
    if (cmd->run != serve_run)
        return;
    struct buf table;
    buf_init(&table, 65536);
    config_write_table(&table);
    (void)printf(
        "\nEvery option is also a name in the file (nested at the dots) and an environment\n"
        "variable: --client.ping_interval is SNUG_CLIENT_PING_INTERVAL. Flags win over the\n"
        "environment, and that over the file.\n\n%.*s",
        TEXT_ARG(buf_text(&table)));
    buf_fini(&table);
}

/* How each command that begins with this word is used. */
static void print_second_words(const char *name)
{
    for (size_t i = 0; i < COMMANDS_COUNT; i++)
        if (commands[i].second && strcmp(commands[i].name, name) == 0)
            print_usage(&commands[i]);
}

static const struct command *find(char **argv)
{
    for (size_t i = 0; i < COMMANDS_COUNT; i++) {
        const struct command *c = &commands[i];
        if (strcmp(argv[1], c->name) == 0 &&
            (!c->second || (argv[2] && strcmp(argv[2], c->second) == 0)))
            return c;
    }
    return NULL;
}

static int run(const struct command *cmd, char **rest, char *const *environment)
{
    char error[CONFIG_ERROR_SIZE] = "";
    struct arguments a;
    struct config c;
    int code = 2;
    enum err e = arguments_read(rest, environment, cmd->takes, &a, &c, error);
    if (e != ERR_OK) {
        cli_say("%s", error);
        code = e == ERR_BAD_REQUEST ? 2 : 1;
    } else if (a.help) {
        print_usage(cmd);
        code = 0;
    } else if (a.words_count < cmd->words || a.words_count > cmd->words + cmd->more) {
        cli_say("Usage: %.*s", (int)strcspn(cmd->usage, "\n"), cmd->usage);
    } else {
        (void)umask(077); /* the database and its copies have everybody's messages */
        code = cmd->run(&c, &a);
    }
    config_fini(&c);
    return fflush(stdout) == 0 ? code : 1;
}

int cli_main(int argc, char **argv, char *const *environment)
{
    if (argc < 2) {
        print_all(stderr);
        return 2;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
        strcmp(argv[1], "help") == 0) {
        print_all(stdout);
        return 0;
    }
    if (strcmp(argv[1], "--version") == 0)
        return version_run(NULL, NULL);
    if (strcmp(argv[1], "user") == 0 && (argc < 3 || strcmp(argv[2], "--help") == 0)) {
        print_second_words("user");
        return argc < 3 ? 2 : 0;
    }
    const struct command *cmd = find(argv);
    if (!cmd) {
        cli_say("There is no command %.80s.", argv[1]);
        print_all(stderr);
        return 2;
    }
    char **rest = argv + (cmd->second ? 3 : 2);
    return cmd->alone ? cmd->alone(rest, environment) : run(cmd, rest, environment);
}
