#include "files/files.h"

#include "files/inside.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

static const struct param begin_params[] = {
    {"name", PARAM_TEXT, true, 1, FILE_NAME_CHARS, 0},
    {"size", PARAM_INT, true, 0, INT64_C(1) << 50, 0},
    {"key", PARAM_RAW, true, 1, KEY_MAX, 0},
};
static const struct param drop_params[] = {{"id", PARAM_ID, true, 0, 0, 0}};

static const struct method methods[] = {
    {"file.begin", RIGHT_USER, 1, begin_params, COUNT(begin_params), file_begin},
    {"file.drop", RIGHT_USER, 1, drop_params, COUNT(drop_params), file_drop},
};

struct method_set files_methods(struct files *f)
{
    return (struct method_set){methods, COUNT(methods), f};
}

static enum err make_folder(const char *folder, char error[256])
{
    struct stat st;
    if (strlen(folder) >= BLOB_PATH_SIZE - 64) {
        (void)snprintf(error, 256, "The path of the folder of files is too long.");
        return ERR_LIMIT;
    }
    if (mkdir(folder, 0700) == 0 || (stat(folder, &st) == 0 && S_ISDIR(st.st_mode)))
        return ERR_OK; /* its own folder is synced with the first file in it */
    (void)snprintf(error, 256, "Cannot make the folder of files %.100s: %s.", folder,
                   strerrordesc_np(errno));
    return ERR_IO;
}

enum err files_new(const struct files_options *options, struct files **out_files, char error[256])
{
    enum err e = make_folder(options->folder, error);
    if (e != ERR_OK)
        return e;
    struct files *f = calloc(1, sizeof *f);
    if (!f)
        return ERR_NOMEM;
    f->env = options->env;
    f->store = options->store;
    f->tasks = options->tasks;
    f->size_limit = options->size_limit;
    f->total_limit = options->total_limit;
    f->free_min_bytes = options->free_min_bytes;
    mutex_init(&f->lock, LOCK_files);
    f->folder = text_dup(text_of(options->folder));
    if (!f->folder) {
        files_free(f);
        return ERR_NOMEM;
    }
    *out_files = f;
    return ERR_OK;
}

void files_stop(struct files *f)
{
    if (!f)
        return;
    mutex_lock(&f->lock);
    f->stopped = true;
    mutex_unlock(&f->lock);
}

struct files *files_free(struct files *f)
{
    if (!f)
        return NULL;
    mutex_fini(&f->lock);
    free(f->folder);
    free(f);
    return NULL;
}

/* ---- claims */

struct claim *claim_take(struct files *f, int64_t file_id)
{
    struct claim *free_one = NULL;
    bool taken = false;
    mutex_lock(&f->lock);
    for (size_t i = 0; i < CLAIMS_MAX && !taken; i++) {
        taken = f->claims[i].file_id == file_id;
        if (f->claims[i].file_id == 0 && !free_one)
            free_one = &f->claims[i];
    }
    if (taken)
        free_one = NULL;
    if (free_one)
        *free_one = (struct claim){.file_id = file_id};
    mutex_unlock(&f->lock);
    return free_one;
}

void claim_name(struct files *f, struct claim *c, const char *blob)
{
    mutex_lock(&f->lock);
    text_copy(c->blob, sizeof c->blob, text_of(blob));
    mutex_unlock(&f->lock);
}

void claim_leave(struct files *f, struct claim *c)
{
    mutex_lock(&f->lock);
    *c = (struct claim){0};
    mutex_unlock(&f->lock);
}

/* One that begins after this look finds no row. */
bool claim_is_none(struct files *f, const char *blob)
{
    bool none = true;
    mutex_lock(&f->lock);
    for (size_t i = 0; i < CLAIMS_MAX; i++)
        none = none && (f->claims[i].file_id == 0 ||
                        (f->claims[i].blob[0] && strcmp(f->claims[i].blob, blob) != 0));
    mutex_unlock(&f->lock);
    return none;
}
