/* options: what `snug load` was asked for: a workload and its flags, checked.
 *
 * Invariant: after ERR_OK each number is within its bounds, connections >= rooms, and the workload can do what was asked. */
#ifndef SNUG_LOAD_OPTIONS_H
#define SNUG_LOAD_OPTIONS_H

#include "base/err.h"
#include "load/target.h"

#define LOAD_ERROR_SIZE 512

enum load_kind { LOAD_TRAFFIC, LOAD_STORM, LOAD_IDLE, LOAD_POSTS };

struct load_workload {
    const char *name;
    enum load_kind kind;
    int64_t connections, rooms, rate, in_flight, seconds;
    const char *sentence;
};

/* Texts are borrowed from argv; NULL or 0: not given. */
struct load_options {
    const struct load_workload *workload;
    struct load_target target;
    bool plain; /* dialect */
    const char *url, *dialect, *token, *token_file, *secret_env, *secret_file, *api_key_env,
        *channel, *room;
    int64_t seconds, connections, rooms, rate, in_flight, size, source_addresses;
    bool deflate, insecure, awake, wait, json, help;
};

/* Reads a workload's name and flags, "--name value" or "--name=value"; what is not given gets the workload's default.
 * out: a sentence in error, which names the flag. errors: ERR_BAD_REQUEST wrong use */
MUST_USE enum err load_options_read(char *const *argv, struct load_options *out,
                                    char error[LOAD_ERROR_SIZE]);

/* Writes a sentence, cut to fit. Returns ERR_BAD_REQUEST. */
enum err load_fault(char error[LOAD_ERROR_SIZE], const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The text of --help, on stdout. */
void load_options_print(void);

#endif
