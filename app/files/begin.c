/* begin: file.begin and file.drop. A place for the bytes, and taking it back. */
#include "accounts/answer.h"
#include "accounts/people.h"
#include "files/inside.h"
#include "store/db.h"
#include "store/store.h"

#include <stdio.h>

struct begin {
    struct answer answer;
    struct files *files;
    struct text name, key; /* kept */
    int64_t size;
    char words[160]; /* of a fault */
};

/* ---- parameters */

/* As people count them: "31 MB", "25.1 MB"; up: what is over a limit is never told as being it. */
static void say_size(char out[32], int64_t bytes, bool up)
{
    static const char *const units[] = {"KB", "MB", "GB", "TB"};
    int64_t unit = 1024;
    size_t at = 0;
    for (; at < 3 && bytes >= unit * 1024; at++)
        unit *= 1024;
    int64_t tenths = bytes / unit * 10 + (bytes % unit * 10 + (up ? unit - 1 : 0)) / unit;
    if (bytes < 1024)
        (void)snprintf(out, 32, "%lld bytes", (long long)bytes);
    else if (tenths % 10 == 0)
        (void)snprintf(out, 32, "%lld %s", (long long)(tenths / 10), units[at]);
    else
        (void)snprintf(out, 32, "%lld.%lld %s", (long long)(tenths / 10), (long long)(tenths % 10),
                       units[at]);
}

/* 106 and false if it is larger than one may be. */
static bool size_fits(const struct files *f, struct text name, int64_t size, struct reply reply)
{
    char own[32], most[32], words[FILE_NAME_SIZE + 96];
    if (size <= f->size_limit)
        return true;
    say_size(own, size, true);
    say_size(most, f->size_limit, false);
    (void)snprintf(words, sizeof words, "%.*s is %s; %s is the most here.", TEXT_ARG(name), own,
                   most);
    reply_fault(reply, ERR_LIMIT, "size", words);
    return false;
}

/* U+0080 to U+009F are control characters, too. */
static bool name_is_one(struct text name)
{
    for (size_t i = 0; i < name.len; i++) {
        unsigned char c = (unsigned char)name.data[i];
        if (c == '/' || c == '\\' || (c == 0xc2 && (unsigned char)name.data[i + 1] < 0xa0))
            return false;
    }
    return text_is_one_line(name) && !text_is(name, TEXT(".")) && !text_is(name, TEXT(".."));
}

/* ---- in the writer's job */

static enum err find_key(struct db *db, const struct begin *job, struct file *out, bool *out_found)
{
    struct query *q = db_query(db, QUERY_FILES_BY_KEY);
    query_int(q, 1, job->answer.actor.user_id);
    query_text(q, 2, job->key);
    *out_found = query_row(q);
    if (*out_found)
        file_columns(q, out);
    return query_end(q);
}

static enum err check_room(struct db *db, struct begin *job)
{
    struct files *f = job->files;
    int64_t loose = 0, bytes = 0;
    char most[32];
    struct query *q = db_query(db, QUERY_FILES_LOOSE);
    query_int(q, 1, job->answer.actor.user_id);
    enum err e = query_number(q, &loose);
    if (e == ERR_OK && loose >= FILES_LOOSE_MAX)
        return answer_fault(&job->answer, ERR_CONFLICT, NULL,
                            "20 files of yours have not been sent yet; send or drop one first.");
    if (e != ERR_OK || f->total_limit == 0)
        return e;
    e = files_bytes(db, &bytes);
    if (e != ERR_OK || job->size <= f->total_limit - bytes)
        return e;
    say_size(most, f->total_limit, false);
    (void)snprintf(job->words, sizeof job->words,
                   "There is no room left for files: all of them together may have %s here.", most);
    return answer_fault(&job->answer, ERR_UNAVAILABLE, "size", job->words);
}

static enum err insert(struct db *db, const struct begin *job, struct file *out)
{
    const struct env *env = job->files->env;
    *out = (struct file){
        .author_id = job->answer.actor.user_id, .size = job->size, .created_ms = env_wall_ms(env)};
    blob_name(env, out->blob);
    text_copy(out->name, sizeof out->name, job->name);
    return file_insert(db, out, job->key);
}

static enum err answer_begun(struct begin *job, const struct file *file)
{
    int64_t there = file->size;
    bool named;
    enum err e = file_is_whole(file) ? ERR_OK : disk_length(job->files, file->blob, &there, &named);
    if (e != ERR_OK)
        return e;
    struct json_writer *w = &job->answer.out;
    json_open(w, NULL, '{');
    json_add_id(w, "id", file->id);
    json_add_int(w, "offset", there < file->size ? there : file->size);
    json_add_int(w, "size", file->size);
    if (file_is_whole(file))
        file_write(w, "file", file);
    json_close(w, '}');
    return ERR_OK;
}

static enum err begin_run(struct db *db, void *data)
{
    struct begin *job = data;
    struct person by;
    struct file file;
    bool found = false;
    enum err e = person_acting(db, job->answer.actor.user_id, &by);
    if (e == ERR_OK)
        e = find_key(db, job, &file, &found);
    if (e == ERR_OK && found && (file.size != job->size || !text_is(job->name, text_of(file.name))))
        return answer_fault(&job->answer, ERR_CONFLICT, "key",
                            "key is that of another file: take a new one.");
    if (e == ERR_OK && !found)
        e = check_room(db, job);
    if (e == ERR_OK && !found)
        e = insert(db, job, &file);
    return e == ERR_OK ? answer_begun(job, &file) : e;
}

void file_begin(void *ctx, const struct actor *actor, const struct args *args, struct reply reply)
{
    struct files *f = ctx;
    struct text name = args_text(args, "name"), key = args_text(args, "key");
    int64_t size = args_int(args, "size");
    if (!name_is_one(name)) {
        reply_fault(reply, ERR_BAD_REQUEST, "name",
                    "name must be the name of a file: without /, \\ and control characters.");
        return;
    }
    if (!size_fits(f, name, size, reply))
        return;
    struct begin *job = answer_new(sizeof *job, name.len + key.len + 2, actor, reply);
    if (!job)
        return;
    job->files = f;
    job->name = answer_keep(&job->answer, name);
    job->key = answer_keep(&job->answer, key);
    job->size = size;
    answer_write(job, f->store, begin_run, NULL);
}

/* ---- file.drop */

struct drop {
    struct answer answer;
    int64_t id;
};

static enum err drop_run(struct db *db, void *data)
{
    struct drop *job = data;
    struct person by;
    struct file file;
    enum err e = person_acting(db, job->answer.actor.user_id, &by);
    if (e == ERR_OK)
        e = file_by_id(db, job->id, &file);
    if (e == ERR_NOT_FOUND || (e == ERR_OK && file.author_id != by.id))
        return answer_fault(&job->answer, ERR_NOT_FOUND, "id", "id must be a file of your own.");
    if (e == ERR_OK && file.message_id > 0)
        return answer_fault(&job->answer, ERR_CONFLICT, "id",
                            "id is a file that was sent: it goes with its message.");
    if (e == ERR_OK)
        e = query_run_for(db, QUERY_FILES_GONE_OF_ONE, job->id);
    return e == ERR_OK ? query_run_for(db, QUERY_FILES_DELETE_ONE, job->id) : e;
}

void file_drop(void *ctx, const struct actor *actor, const struct args *args, struct reply reply)
{
    struct files *f = ctx;
    struct drop *job = answer_new(sizeof *job, 0, actor, reply);
    if (!job)
        return;
    job->id = args_int(args, "id");
    answer_write(job, f->store, drop_run, NULL);
}
