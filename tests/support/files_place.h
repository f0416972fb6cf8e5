/* files_place: a place with files in it, two people, and short ways to begin a file and to send its bytes.
 *
 * Included by one file of a program. */
#ifndef SNUG_TESTS_FILES_PLACE_H
#define SNUG_TESTS_FILES_PLACE_H

#include "files/files.h"
#include "files/upload.h"
#include "product.h"

#include <dirent.h>

#define MIB ((size_t)1 << 20)

struct files_place {
    struct product *p;
    struct files *files;
    char folder[512];
    int64_t ada, bob;
    struct actor as_ada, as_bob;
};

/* Of the next one. */
static int64_t place_file_limit = (int64_t)(4 * MIB), place_files_limit, place_free_min;

static inline void files_place_open(struct files_place *w)
{
    char error[256] = "";
    struct files_options options = {
        .env = &w->p->env,
        .store = w->p->store,
        .tasks = w->p->tasks,
        .folder = w->folder,
        .size_limit = place_file_limit,
        .total_limit = place_files_limit,
        .free_min_bytes = place_free_min,
    };
    must(files_new(&options, &w->files, error) == ERR_OK);
    method_table_add(&w->p->table, files_methods(w->files));
}

static inline struct files_place files_place_new(void)
{
    struct files_place w = {.p = product_new()};
    (void)snprintf(w.folder, sizeof w.folder, "%s/files", w.p->folder.folder);
    files_place_open(&w);
    w.ada = product_person(w.p, "ada");
    w.bob = product_person(w.p, "bob");
    w.as_ada = actor_user(w.ada);
    w.as_bob = actor_user(w.bob);
    return w;
}

/* As after a restart of the server. */
static inline void files_place_reopen(struct files_place *w)
{
    files_stop(w->files);
    product_stop(w->p);
    w->files = files_free(w->files);
    w->p->accounts = accounts_free(w->p->accounts);
    product_open(w->p);
    files_place_open(w);
}

static inline void files_place_free(struct files_place *w)
{
    files_stop(w->files);
    product_stop(w->p);
    files_free(w->files);
    w->p->accounts = accounts_free(w->p->accounts);
    product_free(w->p);
}

/* ---- short forms */

static inline struct answer_got *files_begin(struct files_place *w, const struct actor *who,
                                             const char *name, size_t size, const char *key)
{
    return product_call(w->p, who, "file.begin", "{\"name\":\"%s\",\"size\":%zu,\"key\":\"%s\"}",
                        name, size, key);
}

static inline enum err files_wait(void *ctx, struct future *f, void **out_value)
{
    (void)ctx;
    return future_take(f, test_now_ms() + PATIENCE_MS, out_value);
}

static inline enum err files_put(struct files_place *w, int64_t user, int64_t id, int64_t offset,
                                 struct text bytes, struct taken *out)
{
    const struct patience patience = {files_wait, NULL};
    const struct piece piece = {id, user, offset, bytes};
    return upload_piece(w->files, &piece, &patience, out);
}

static inline enum err files_open(struct files_place *w, int64_t user, int64_t id, struct file *out,
                                  int *out_fd)
{
    const struct patience patience = {files_wait, NULL};
    return upload_open(w->files, id, user, &patience, out, out_fd);
}

/* A whole file of ada's. */
static inline int64_t files_made(struct files_place *w, const char *name, struct text bytes)
{
    static unsigned keys;
    char key[16];
    struct taken t;
    (void)snprintf(key, sizeof key, "made%u", ++keys);
    struct answer_got *got = files_begin(w, &w->as_ada, name, bytes.len, key);
    must(got->err == ERR_OK);
    int64_t id = got_int(got, "id");
    must(files_put(w, w->ada, id, 0, bytes, &t) == ERR_OK && file_is_whole(&t.file));
    return id;
}

/* ---- what is on disk: files below the folder whose name ends so */

static const char *files_wanted_end;
static unsigned files_counted;
static int64_t files_counted_bytes;
static mode_t files_modes; /* all bits of all of them and their folders */

static inline int files_count_one(const char *path, const struct stat *s, int type, struct FTW *f)
{
    (void)f;
    size_t len = strlen(path), end = strlen(files_wanted_end);
    files_modes |= s->st_mode & 0777;
    if (type == FTW_F && len >= end && strcmp(path + len - end, files_wanted_end) == 0) {
        files_counted++;
        files_counted_bytes += s->st_size;
    }
    return 0;
}

static inline unsigned files_on_disk(const struct files_place *w, const char *end)
{
    files_wanted_end = end;
    files_counted = 0;
    files_counted_bytes = 0;
    files_modes = 0;
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): one thread of a test walks */
    (void)nftw(w->folder, files_count_one, 8, FTW_PHYS);
    return files_counted;
}

static inline int64_t files_look_int(struct files_place *w, const char *sql)
{
    char out[64];
    must(test_look(w->p->folder.path, sql, out));
    return strtoll(out, NULL, 10);
}

/* Time passes, and a sweep that is due ends. */
static inline void files_swept(struct files_place *w, int64_t ms)
{
    product_advance(w->p, ms);
    files_tick(w->files);
    int64_t until_ms = test_now_ms() + PATIENCE_MS;
    while (files_sweeping(w->files) && test_now_ms() < until_ms)
        (void)sched_yield();
    must(!files_sweeping(w->files));
}

#endif
