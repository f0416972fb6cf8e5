/* snug_local: methods for the command line alone, which comes through the private socket or opens the folder itself.
 *
 *   server.backup {file}   {bytes, files, file_bytes, deleted, lost}: a copy while others write; bytes are the database's (upkeep/upkeep.h)
 *   server.check {files?}  {findings, count}: what is not as it should be; files: true reads the bytes of all files, too */
#include "snug_inside.h"
#include "wire/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

struct errand {
    struct snug *snug;
    struct reply reply;
    bool read_files;
    char path[FOLDER_SIZE];
    char files[FOLDER_SIZE + 8];
};

static void reply_backup(struct reply reply, int64_t bytes, const struct backed_up *copied)
{
    struct buf b;
    struct json_writer w;
    buf_init(&b, 256);
    json_begin(&w, &b);
    json_open(&w, NULL, '{');
    json_add_int(&w, "bytes", bytes);
    json_add_int(&w, "files", copied->files);
    json_add_int(&w, "file_bytes", copied->bytes);
    json_add_int(&w, "deleted", copied->deleted);
    json_add_int(&w, "lost", copied->lost);
    json_close(&w, '}');
    reply_buf(reply, &b);
}

static void backup_task(void *thread, void *data)
{
    (void)thread;
    struct errand *errand = data;
    struct backed_up copied;
    char error[256] = "";
    enum err e = upkeep_backup(errand->snug->store, errand->files, errand->path, &copied, error);
    struct stat st;
    if (e == ERR_OK && stat(errand->path, &st) == 0)
        reply_backup(errand->reply, st.st_size, &copied);
    else
        reply_fault(errand->reply, e == ERR_OK ? ERR_IO : e, NULL, error);
    free(errand);
}

static void reply_findings(struct reply reply, const struct findings *f)
{
    struct buf b;
    struct json_writer w;
    buf_init(&b, f->json.len + 256);
    json_begin(&w, &b);
    json_open(&w, NULL, '{');
    json_add_raw(&w, "findings", buf_text(&f->json));
    json_add_int(&w, "count", f->count);
    json_close(&w, '}');
    reply_buf(reply, &b);
}

static void check_task(void *thread, void *data)
{
    (void)thread;
    struct errand *errand = data;
    struct snug *s = errand->snug;
    char error[256] = "";
    if (atomic_exchange(&s->checking, true)) {
        reply_fault(errand->reply, ERR_BUSY, NULL, "Another check goes on.");
    } else {
        s->findings.files = errand->files;
        s->findings.read_files = errand->read_files;
        enum err e = upkeep_check(s->store, &s->findings, error);
        if (e == ERR_OK)
            reply_findings(errand->reply, &s->findings);
        else
            reply_fault(errand->reply, e, NULL, error);
        atomic_store(&s->checking, false);
    }
    free(errand);
}

static void start(void *ctx, const struct args *args, struct reply reply,
                  void (*run)(void *thread, void *data))
{
    struct snug *s = ctx;
    struct errand *errand = calloc(1, sizeof *errand);
    if (!errand) {
        reply_error(reply, ERR_NOMEM);
        return;
    }
    errand->snug = s;
    errand->reply = reply;
    (void)snprintf(errand->files, sizeof errand->files, "%s/files", s->folder);
    if (run == backup_task)
        text_copy(errand->path, sizeof errand->path, args_text(args, "file"));
    else
        errand->read_files = args_int(args, "files") != 0;
    enum err e = task_queue_push(s->tasks, (struct task){run, errand});
    if (e != ERR_OK) {
        free(errand);
        reply_error(reply, e);
    }
}

static void do_backup(void *ctx, const struct actor *actor, const struct args *args,
                      struct reply reply)
{
    (void)actor;
    start(ctx, args, reply, backup_task);
}

static void do_check(void *ctx, const struct actor *actor, const struct args *args,
                     struct reply reply)
{
    (void)actor;
    start(ctx, args, reply, check_task);
}

static const struct param backup_params[] = {
    {.name = "file", .type = PARAM_RAW, .required = true, .min = 1, .max = FOLDER_SIZE - 1},
};

static const struct param check_params[] = {
    {.name = "files", .type = PARAM_BOOL},
};

static const struct method methods[] = {
    {.name = "server.backup",
     .right = RIGHT_LOCAL,
     .params = backup_params,
     .params_count = 1,
     .handler = do_backup},
    {.name = "server.check",
     .right = RIGHT_LOCAL,
     .params = check_params,
     .params_count = 1,
     .handler = do_check},
};

struct method_set local_methods(struct snug *s)
{
    return (struct method_set){methods, sizeof methods / sizeof methods[0], s};
}
