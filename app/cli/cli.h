/* cli: the command line around the server: snug serve, user add, user password, user erase, token, announce, backup, restore, check, export, import, version.
 *
 * Results go to stdout, everything else to stderr. Exit: 0 success, 1 failure, 2 wrong use. */
#ifndef SNUG_CLI_CLI_H
#define SNUG_CLI_CLI_H

#include "cli/config.h"

/* Runs the command of argv; what main returns. */
int cli_main(int argc, char **argv, char *const *environment);

/* What a command was given besides options. */
struct arguments {
    const char *words[3]; /* without the command's own: NAME, FILE */
    unsigned words_count;
    bool merge;
    bool help, ephemeral, ready_json, admin, password_stdin;
    bool ttl_given;
    int64_t ttl_s;
    const char *file;     /* that is to be looked at alone, or NULL */
    const char *room;     /* an id or a name, or NULL */
    const char *messages; /* "keep", "delete", or NULL */
    const char *files;    /* a folder of bytes, or NULL */
    bool read_files;      /* the bytes of files are read, too */
};

/* ---- the commands: exit codes */
int serve_run(struct config *c, const struct arguments *a);
int user_add_run(struct config *c, const struct arguments *a);
int user_password_run(struct config *c, const struct arguments *a);
int user_erase_run(struct config *c, const struct arguments *a);
int token_run(struct config *c, const struct arguments *a);
int announce_run(struct config *c, const struct arguments *a);
int backup_run(struct config *c, const struct arguments *a);
int restore_run(struct config *c, const struct arguments *a);
int export_run(struct config *c, const struct arguments *a);
int import_run(struct config *c, const struct arguments *a);
int check_run(struct config *c, const struct arguments *a);
int version_run(struct config *c, const struct arguments *a);

/* How the i-th command is used: a line, an empty one, what it does, and then perhaps its own options. NULL: no more. */
const char *cli_usage(size_t i);

/* One sentence on stderr, "snug: ..." */
void cli_say(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
