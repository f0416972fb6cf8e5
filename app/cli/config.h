/* config: the options of options.def from their four sources: defaults, file, environment, flags. The later wins.
 *
 * Invariant: every field of `options` has a value; its texts live as long as the config. */
#ifndef SNUG_CLI_CONFIG_H
#define SNUG_CLI_CONFIG_H

#include "base/buf.h"
#include "base/err.h"
#include "snug.h"

#define CONFIG_ERROR_SIZE 512

struct config {
    struct snug_options options;
    char **texts; /* what options points to */
    size_t texts_count;
    struct channel_namespace *namespaces; /* what options.channels points to */
    bool listen_given;                    /* by anything but the default */

    /* Centrifugo's http_server.*: what config_settle makes listen and the certificate from */
    const char *http_address; /* NULL: all */
    unsigned http_port;
    bool tls_on;
    bool http_given, tls_given; /* by anything but the default */
};

/* Fills in the defaults. errors: ERR_NOMEM */
MUST_USE enum err config_init(struct config *c);
void config_fini(struct config *c);

/* Sets one option from a text. A list replaces the former one; `add` appends to it (a flag given again).
 * out: a sentence that names the option. errors: ERR_BAD_REQUEST no such option, wrong value; ERR_NOMEM */
MUST_USE enum err config_set(struct config *c, struct text name, struct text value, bool add,
                             char error[CONFIG_ERROR_SIZE]);

/* A JSON document. errors: ERR_BAD_REQUEST with the option's name; ERR_NOMEM */
MUST_USE enum err config_read_json(struct config *c, struct text json,
                                   char error[CONFIG_ERROR_SIZE]);

/* The same from a file. errors: also ERR_IO */
MUST_USE enum err config_read_file(struct config *c, const char *path,
                                   char error[CONFIG_ERROR_SIZE]);

/* "SNUG_CLIENT_PING_INTERVAL=10s". Other variables are not ours, whatever their name begins with.
 * errors: ERR_BAD_REQUEST; ERR_NOMEM */
MUST_USE enum err config_read_environment(struct config *c, char *const *environment,
                                          char error[CONFIG_ERROR_SIZE]);

/* After all sources: http_server.address and .port become `listen` where that was not given itself, a certificate that is
 * switched off goes, and options that cannot go together are found.
 * errors: ERR_BAD_REQUEST with both names; ERR_NOMEM */
MUST_USE enum err config_settle(struct config *c, char error[CONFIG_ERROR_SIZE]);

/* What is to be said about a file, a line an option: "NAME: unsupported: why", "NAME: unknown (nearest: NAME)",
 * "NAME: wrong value: must be ...", "NAME: ignored: why". The last is no problem. */
struct config_report {
    struct buf lines; /* owned by whoever asks for the report, who gives it a cap */
    unsigned options, problems;
};

/* Reads a document alone, without environment and flags, to its end whatever is in it, and tries the keys and certificates
 * it names.
 * errors: ERR_BAD_REQUEST it is not JSON; ERR_LIMIT more lines than fit; ERR_NOMEM */
MUST_USE enum err config_check_json(struct text json, struct config_report *out,
                                    char error[CONFIG_ERROR_SIZE]);

/* The same from a file. errors: also ERR_IO */
MUST_USE enum err config_check_file(const char *path, struct config_report *out,
                                    char error[CONFIG_ERROR_SIZE]);

bool config_is_option(struct text name);

/* True if it is a switch, which as a flag needs no value. False also for what is no option. */
bool config_is_switch(struct text name);

/* The option whose name is most like this one; NULL: none is near. */
const char *config_nearest(struct text name);

/* The table for --help and the README: a line an option. */
void config_write_table(struct buf *out);

#endif
