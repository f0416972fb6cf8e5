/* arguments: one command's words and flags, checked against what it takes; options win over file and environment. */
#ifndef SNUG_CLI_ARGUMENTS_H
#define SNUG_CLI_ARGUMENTS_H

#include "cli/cli.h"

/* What a command takes besides --help, --config and the options. */
enum {
    TAKES_SERVE = 1,      /* --ephemeral, --ready-json */
    TAKES_USER = 2,       /* --admin */
    TAKES_PASSWORD = 128, /* --password-stdin */
    TAKES_LIFETIME = 4,   /* --ttl */
    TAKES_ROOM = 16,      /* --room */
    TAKES_MERGE = 32,     /* --merge */
    TAKES_MESSAGES = 64,  /* --messages */
    TAKES_FILES = 256,    /* --files DIR */
    TAKES_READING = 512,  /* --files */
    TAKES_FILE = 8,       /* --config without --data: the file is not read, only its name is kept */
};

/* Reads argv (without the command's own words) into *out, and defaults, file, environment and flags into *c, which
 * config_fini must get whatever comes.
 * out: a sentence in error. errors: ERR_BAD_REQUEST wrong use; ERR_IO the file; ERR_NOMEM */
MUST_USE enum err arguments_read(char *const *argv, char *const *environment, unsigned takes,
                                 struct arguments *out, struct config *c,
                                 char error[CONFIG_ERROR_SIZE]);

#endif
