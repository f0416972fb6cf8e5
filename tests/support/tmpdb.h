/* tmpdb: a folder of a test's own, in TMPDIR, with the path of a database in it; removed with all that is in it. */
#ifndef SNUG_TESTS_TMPDB_H
#define SNUG_TESTS_TMPDB_H

#include <ftw.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct tmpdb {
    char folder[256];
    char path[288];
};

/* Makes the folder; a test without one cannot go on, so this exits. */
static inline struct tmpdb tmpdb_make(void)
{
    struct tmpdb t;
    const char *base = getenv("TMPDIR"); /* NOLINT(concurrency-mt-unsafe): nothing sets it here */
    (void)snprintf(t.folder, sizeof t.folder, "%s/snug-test-XXXXXX",
                   base && *base ? base : P_tmpdir);
    if (!mkdtemp(t.folder)) {
        perror(t.folder);
        exit(2); /* NOLINT(concurrency-mt-unsafe) */
    }
    (void)snprintf(t.path, sizeof t.path, "%s/snug.db", t.folder);
    return t;
}

static inline int tmpdb_remove_one(const char *path, const struct stat *s, int type, struct FTW *f)
{
    (void)s;
    (void)type;
    (void)f;
    return remove(path);
}

static inline void tmpdb_remove(struct tmpdb *t)
{
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): the store's threads have ended, and walk no folders */
    (void)nftw(t->folder, tmpdb_remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* True if the closed database has these bytes anywhere. */
static inline bool tmpdb_has(const char *path, const char *bytes)
{
    struct stat s;
    FILE *f = fopen(path, "re");
    char *all = NULL;
    if (f && fstat(fileno(f), &s) == 0)
        all = malloc((size_t)s.st_size + 1);
    if (!all || fread(all, 1, (size_t)s.st_size, f) != (size_t)s.st_size) {
        perror(path);
        exit(2); /* NOLINT(concurrency-mt-unsafe) */
    }
    bool has = memmem(all, (size_t)s.st_size, bytes, strlen(bytes)) != NULL;
    free(all);
    (void)fclose(f);
    return has;
}

#endif
