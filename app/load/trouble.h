/* trouble: what went wrong, each thing once with how often it happened: "HTTP 503 instead of an upgrade" 212 times. */
#ifndef SNUG_LOAD_TROUBLE_H
#define SNUG_LOAD_TROUBLE_H

#include <stddef.h>
#include <stdint.h>

#define TROUBLE_KINDS_MAX 16 /* further ones are counted together */
#define TROUBLE_SIZE 200

struct trouble_kind {
    char what[TROUBLE_SIZE];
    uint64_t count;
};

/* A value; zero is none. */
struct trouble {
    struct trouble_kind kinds[TROUBLE_KINDS_MAX + 1]; /* the last one: "something else" */
    size_t kinds_count;
    uint64_t total;
};

struct heard;

/* Counts a sentence without its end. Control characters, which may come from the server, become "?". */
void trouble_add(struct trouble *t, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The same for an error of the protocol: "subscribe: error 103, permission denied". */
void trouble_error(struct trouble *t, const char *what, const struct heard *a);

#endif
