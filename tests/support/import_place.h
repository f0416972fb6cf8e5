/* import_place: a new place, what is imported into it, and what the import said: for the tests of what messages bring along. */
#ifndef SNUG_TESTS_IMPORT_PLACE_H
#define SNUG_TESTS_IMPORT_PLACE_H

#include "test_store.h"
#include "unit.h"
#include "upkeep/import.h"
#include "upkeep/upkeep.h"

struct import_place {
    struct tmpdb t;
    char in[400];      /* what is imported */
    char bytes[320];   /* a folder for the source's bytes */
    char files[288];   /* that of the place's own */
    const char *given; /* --files */
    bool merge;        /* --merge */
    bool where;        /* said has the line of each sentence, too */
    int at;            /* of several that are imported: the one that comes next */
    char said[1024];   /* all sentences */
    char error[256];
    struct imported n;
    enum err err;
    int64_t findings; /* of a check that reads all bytes, after the import */
};

static inline struct import_place import_place_make(void)
{
    struct import_place w = {.t = tmpdb_make(), .merge = true};
    struct store_options o = test_store_options(w.t.path);
    store_close(test_store_open(&o));
    (void)snprintf(w.in, sizeof w.in, "%s/in", w.t.folder);
    (void)snprintf(w.bytes, sizeof w.bytes, "%s/bytes", w.t.folder);
    (void)snprintf(w.files, sizeof w.files, "%s/files", w.t.folder);
    return w;
}

static inline void import_place_remove(struct import_place *w)
{
    tmpdb_remove(&w->t);
}

static inline void import_said(void *ctx, const char *sentence)
{
    struct import_place *w = ctx;
    size_t at = strlen(w->said);
    const char *why = w->where ? NULL : strstr(sentence, ": ");
    (void)snprintf(w->said + at, sizeof w->said - at, "%s%s", at ? " " : "",
                   why ? why + 2 : sentence);
}

static inline struct import_order import_order_of(struct import_place *w)
{
    return (struct import_order){.path = w->in,
                                 .files = w->given,
                                 .place_files = w->files,
                                 .env = &env_real,
                                 .merge = w->merge,
                                 .said = import_said,
                                 .ctx = w};
}

/* Returns w->err. */
static inline enum err import_run(struct import_place *w)
{
    char error[256];
    struct findings f;
    struct store_options o = test_store_options(w->t.path);
    struct store *s = test_store_open(&o);
    const struct import_order order = import_order_of(w);
    w->said[0] = 0;
    w->err = upkeep_import(s, &order, &w->n, w->error);
    findings_init(&f);
    f.files = w->files;
    f.read_files = true;
    CHECK_INT(upkeep_check(s, &f, error), ERR_OK);
    if (w->err == ERR_OK && f.count) {
        buf_add_char(&f.json, 0);
        (void)printf("\n    %s\n", f.json.data);
    }
    w->findings = f.count;
    findings_fini(&f);
    store_close(s);
    return w->err;
}

/* The one value that the place answers. */
static inline void import_look(const struct import_place *w, const char *sql, const char *wanted)
{
    char out[64];
    CU_ASSERT_TRUE(test_look(w->t.path, sql, out));
    CHECK_TEXT(out, wanted);
}

#endif
