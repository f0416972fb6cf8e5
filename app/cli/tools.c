/* The commands that work on the folder itself, not through a server: restore, export, import. */
#include "base/bar.h"
#include "base/env.h"
#include "cli/cli.h"
#include "store/disk.h"
#include "store/store.h"
#include "upkeep/export.h"
#include "upkeep/import.h"
#include "upkeep/upkeep.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define OPEN_DEADLINE_MS 25000
#define BATCH_MAX 1024 /* nobody waits for one item, so fewer syncs serve more */
#define QUEUE_MAX 4096
#define CHECKPOINT_BYTES (64 << 20)

/* The path of the database in the folder, which is made if it is not there; owned by the caller. NULL: said why. */
static char *database_path(const struct config *c)
{
    char words[128];
    char *path = NULL;
    if (mkdir(c->options.data, 0700) != 0 && errno != EEXIST)
        cli_say("Cannot make the data folder %.200s: %s.", c->options.data,
                strerror_r(errno, words, sizeof words));
    else if (asprintf(&path, "%s/snug.db", c->options.data) < 0)
        cli_say("%s", err_text(ERR_NOMEM));
    else
        return path;
    return NULL;
}

/* Where the folder has the bytes of files. False: said why. */
static bool files_path(const struct config *c, char out[PATH_MAX])
{
    if (snprintf(out, PATH_MAX, "%s/files", c->options.data) < PATH_MAX)
        return true;
    cli_say("The path %.200s is too long.", c->options.data);
    return false;
}

static enum err open_store(const struct config *c, const char *path, struct store **out_store,
                           char error[256])
{
    const struct store_options so = {.env = &env_real,
                                     .path = path,
                                     .readers = 1,
                                     .batch_max = BATCH_MAX,
                                     .queue_max = QUEUE_MAX,
                                     .open_deadline_ms = OPEN_DEADLINE_MS,
                                     .disk_free_min_bytes = c->options.disk_free_min_bytes,
                                     .checkpoint_bytes = CHECKPOINT_BYTES};
    return store_open(&so, out_store, error);
}

/* Opens the folder's store, so that no server starts meanwhile and an older database is brought up to date. A server that
 * runs is fine with who only reads: ERR_CONFLICT is none then. NULL in *out_store: a server runs. */
static enum err hold_store(const struct config *c, const char *path, struct store **out_store,
                           char error[256])
{
    struct stat st;
    *out_store = NULL;
    if (stat(path, &st) != 0) {
        (void)snprintf(error, 256,
                       "There is no data in %.150s; --data or --config says where it is.",
                       c->options.data);
        return ERR_NOT_FOUND;
    }
    return open_store(c, path, out_store, error);
}

/* Over the bar, which is drawn again. */
static void say_line(void *ctx, const char *sentence)
{
    bar_end(ctx);
    cli_say("%s", sentence);
}

/* Where the export goes: stdout, or a file that gets its name when it is whole. */
struct target {
    FILE *out;
    const char *path; /* NULL: stdout */
    char *part;
};

static bool target_open(struct target *t, const char *path, const char *database)
{
    char words[128];
    struct stat there, own;
    *t = (struct target){.out = stdout};
    if (!path || strcmp(path, "-") == 0)
        return true;
    if (stat(path, &there) == 0 && stat(database, &own) == 0 && there.st_ino == own.st_ino &&
        there.st_dev == own.st_dev) {
        cli_say("%.200s is the database itself.", path);
        return false;
    }
    t->path = path;
    int fd = -1;
    if (asprintf(&t->part, "%s.part", path) < 0) {
        t->part = NULL;
        errno = ENOMEM;
    } else {
        fd = open(t->part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    }
    t->out = fd >= 0 ? fdopen(fd, "w") : NULL;
    if (t->out)
        return true;
    cli_say("Cannot write %.200s: %s.", path, strerror_r(errno, words, sizeof words));
    if (fd >= 0)
        (void)close(fd);
    free(t->part);
    return false;
}

/* good: what was written is whole. False: it is not, said why. */
static bool target_close(struct target *t, bool good)
{
    char words[128];
    if (!t->path)
        return good;
    bool synced = good && fflush(t->out) == 0 && fsync(fileno(t->out)) == 0;
    bool closed = fclose(t->out) == 0;
    bool there = synced && closed && rename(t->part, t->path) == 0;
    bool lasts = there && disk_sync_folder(t->path) == ERR_OK;
    if (there && !lasts)
        cli_say("%.200s is in place, but its folder cannot be written to disk.", t->path);
    else if (good && !there)
        cli_say("Cannot write %.200s: %s.", t->path, strerror_r(errno, words, sizeof words));
    if (!there)
        (void)unlink(t->part);
    free(t->part);
    return lasts;
}

static enum err export_to(FILE *out, struct config *c, const struct arguments *a, const char *path,
                          struct exported *counts, char error[256])
{
    struct bar progress = {.word = "Writing", .unit = a->files ? BAR_SHARE : BAR_STEPS};
    struct store *store = NULL;
    char files[PATH_MAX];
    if (!files_path(c, files))
        return ERR_LIMIT;
    const struct export_order order = {.out = out,
                                       .room = a->room,
                                       .now_ms = env_wall_ms(&env_real),
                                       .files = files,
                                       .to = a->files,
                                       .told = bar_show,
                                       .said = say_line,
                                       .ctx = &progress};
    enum err e = hold_store(c, path, &store, error);
    if (e == ERR_OK || e == ERR_CONFLICT)
        e = upkeep_export(path, &order, counts, error);
    bar_end(&progress);
    store_close(store);
    return e;
}

static void print_exported(const struct exported *n, const char *to)
{
    (void)fprintf(stderr, "Exported: %lld people, %lld rooms, %lld messages, %lld runs.\n",
                  (long long)n->users, (long long)n->rooms, (long long)n->messages,
                  (long long)n->runs);
    if (n->files && !to)
        (void)fprintf(stderr,
                      "%lld files are named, and their bytes (%lld) are not in it: --files DIR "
                      "writes them.\n",
                      (long long)n->files, (long long)n->file_bytes);
    else if (n->files)
        (void)fprintf(stderr, "%lld files are named; of %lld of them the bytes are in %s.\n",
                      (long long)n->files, (long long)(n->files - n->absent), to);
    if (n->absent)
        (void)fprintf(stderr, "%lld files have no bytes: snug check names them.\n",
                      (long long)n->absent);
}

int export_run(struct config *c, const struct arguments *a)
{
    char error[256] = "";
    char *path = NULL;
    struct target target;
    struct exported counts = {0};
    (void)signal(SIGPIPE, SIG_IGN);
    if (asprintf(&path, "%s/snug.db", c->options.data) < 0)
        path = NULL;
    if (!path || !target_open(&target, a->words_count ? a->words[0] : NULL, path)) {
        free(path);
        return 1;
    }
    enum err e = export_to(target.out, c, a, path, &counts, error);
    if (e != ERR_OK)
        cli_say("%s", error[0] ? error : err_text(e));
    bool good = target_close(&target, e == ERR_OK);
    if (good)
        print_exported(&counts, a->files);
    free(path);
    return good && !counts.absent ? 0 : 1;
}

/* What came, in words. */
static void print_imported(const struct imported *n, const char *path)
{
    (void)printf("%s from %s (%s): %lld people, %lld rooms, %lld messages, %lld runs are new.\n",
                 n->bad ? "Imported, with gaps," : "Imported", path, n->format, (long long)n->users,
                 (long long)n->rooms, (long long)n->messages, (long long)n->runs);
    if (n->files)
        (void)printf("With their bytes came: %lld files.\n", (long long)n->files);
    if (n->named)
        (void)printf("Named, as their bytes are not at hand: %lld files.\n", (long long)n->named);
    if (n->already)
        (void)printf("There already: %lld messages.\n", (long long)n->already);
    if (n->left_out)
        (void)printf("Left out, as there is no place for it here: %lld notes and the like.\n",
                     (long long)n->left_out);
    if (n->renamed)
        (void)printf("Got another name, as theirs is none here or taken: %lld people.\n",
                     (long long)n->renamed);
    if (n->bad)
        (void)printf("Could not be taken: %lld.\n", (long long)n->bad);
    if (n->users)
        (void)printf("They have no password yet: snug user add NAME --password-stdin gives one.\n");
}

int import_run(struct config *c, const struct arguments *a)
{
    char error[256] = "";
    struct store *store = NULL;
    struct imported counts = {0};
    struct bar progress = {.word = "Reading", .unit = BAR_BYTES};
    char files[PATH_MAX];
    const struct import_order order = {.path = a->words[0],
                                       .files = a->files,
                                       .place_files = files,
                                       .merge = a->merge,
                                       .env = &env_real,
                                       .told = bar_show,
                                       .said = say_line,
                                       .ctx = &progress};
    char *path = database_path(c);
    if (!path || !files_path(c, files)) {
        free(path);
        return 1;
    }
    enum err e = open_store(c, path, &store, error);
    bool runs = e == ERR_CONFLICT;
    if (e == ERR_OK)
        e = upkeep_import(store, &order, &counts, error);
    store_close(store);
    bar_end(&progress);
    if (e == ERR_OK)
        print_imported(&counts, a->words[0]);
    else
        cli_say("%s%s", error[0] ? error : err_text(e),
                runs ? " Stop it, import, and start it again." : "");
    free(path);
    return e == ERR_OK && counts.bad == 0 ? 0 : 1;
}

/* What came of the files, and what did not. */
static void print_restored(const struct restored *r)
{
    if (r->files)
        (void)printf("The bytes of %lld file%s came with it.\n", (long long)r->files,
                     r->files == 1 ? "" : "s");
    if (!r->missing)
        return;
    cli_say("The bytes of %lld file%s are neither in the data nor beside the backup:",
            (long long)r->missing, r->missing == 1 ? "" : "s");
    for (int i = 0; i < RESTORED_NAMES_MAX && i < r->missing; i++)
        cli_say("    %s", r->names[i]);
    if (r->missing > RESTORED_NAMES_MAX)
        cli_say("    and %lld more; snug check names them.",
                (long long)r->missing - RESTORED_NAMES_MAX);
}

int restore_run(struct config *c, const struct arguments *a)
{
    char error[256] = "", files[PATH_MAX];
    struct restored restored = {0};
    char *path = database_path(c);
    if (!path || !files_path(c, files)) {
        free(path);
        return 1;
    }
    struct bar progress = {.word = "Copying", .unit = BAR_BYTES};
    const struct restore restore = {.from = a->words[0],
                                    .path = path,
                                    .now_ms = env_wall_ms(&env_real),
                                    .told = bar_show,
                                    .ctx = &progress};
    enum err e = upkeep_restore(restore, files, &restored, error);
    bar_end(&progress);
    if (e != ERR_OK)
        cli_say("%s%s", error, e == ERR_CONFLICT ? " Stop it first." : "");
    else if (restored.kept)
        (void)printf("Restored %s. What was there is kept as %s.\n", a->words[0], restored.kept);
    else
        (void)printf("Restored %s.\n", a->words[0]);
    if (e == ERR_OK)
        print_restored(&restored);
    free(restored.kept);
    free(path);
    return e == ERR_OK && !restored.missing ? 0 : 1;
}
