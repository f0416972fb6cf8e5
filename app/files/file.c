#include "files/file.h"

#include "store/db.h"

bool file_is_whole(const struct file *f)
{
    return f->sha256[0] != 0;
}

void file_columns(struct query *q, struct file *out)
{
    *out = (struct file){
        .id = col_int(q, 0),
        .author_id = col_int(q, 1),
        .size = col_int(q, 4),
        .width = col_int(q, 6),
        .height = col_int(q, 7),
        .created_ms = col_int(q, 9),
        .room_id = col_int(q, 10),
        .message_id = col_int(q, 11),
    };
    text_copy(out->blob, sizeof out->blob, col_text(q, 2));
    text_copy(out->name, sizeof out->name, col_text(q, 3));
    text_copy(out->type, sizeof out->type, col_text(q, 5));
    text_copy(out->sha256, sizeof out->sha256, col_text(q, 8));
}

void file_write_members(struct json_writer *w, const struct file *f)
{
    json_add_id(w, "id", f->id);
    json_add_text(w, "name", text_of(f->name));
    json_add_text(w, "type", text_of(f->type));
    json_add_int(w, "size", f->size);
    if (f->width > 0) {
        json_add_int(w, "width", f->width);
        json_add_int(w, "height", f->height);
    }
}

void file_write(struct json_writer *w, const char *key, const struct file *f)
{
    json_open(w, key, '{');
    file_write_members(w, f);
    json_close(w, '}');
}

enum err file_by_id(struct db *db, int64_t id, struct file *out)
{
    struct query *q = db_query(db, QUERY_FILES_BY_ID);
    query_int(q, 1, id);
    bool found = query_row(q);
    if (found)
        file_columns(q, out);
    enum err e = query_end(q);
    return e != ERR_OK ? e : found ? ERR_OK : ERR_NOT_FOUND;
}

enum err file_insert(struct db *db, struct file *f, struct text key)
{
    struct query *q = db_query(db, QUERY_FILES_INSERT);
    query_int(q, 1, f->author_id);
    query_text(q, 2, key);
    query_text(q, 3, text_of(f->blob));
    query_text(q, 4, text_of(f->name));
    query_int(q, 5, f->size);
    query_int(q, 6, f->created_ms);
    enum err e = query_run(q);
    f->id = db_last_id(db);
    return e;
}

enum err file_set_whole(struct db *db, const struct file *f)
{
    struct query *q = db_query(db, QUERY_FILES_WHOLE);
    query_int(q, 1, f->id);
    query_text(q, 2, text_of(f->type));
    query_int(q, 3, f->width);
    query_int(q, 4, f->height);
    query_text(q, 5, text_of(f->sha256));
    enum err e = query_run(q);
    return e == ERR_OK && db_changes(db) == 0 ? ERR_NOT_FOUND : e;
}

/* ---- a message brings files */

static bool is_twice(struct brought b, size_t at)
{
    for (size_t i = 0; i < at; i++)
        if (b.ids[i] == b.ids[at])
            return true;
    return false;
}

static enum err look_at_one(struct db *db, int64_t author_id, int64_t id, struct json_writer *w,
                            const char **out_fault)
{
    struct file f;
    enum err e = file_by_id(db, id, &f);
    if (e != ERR_OK && e != ERR_NOT_FOUND)
        return e;
    if (e == ERR_NOT_FOUND || f.author_id != author_id)
        *out_fault = "files must be ids of files of your own.";
    else if (f.message_id > 0)
        *out_fault = "files has one that was sent already.";
    else if (!file_is_whole(&f))
        *out_fault = "files has one that has not come whole yet.";
    if (*out_fault)
        return ERR_BAD_REQUEST;
    file_write(w, NULL, &f);
    return ERR_OK;
}

enum err files_look(struct db *db, int64_t author_id, struct brought b, struct buf *out,
                    const char **out_fault)
{
    struct json_writer w;
    json_begin(&w, out);
    json_open(&w, NULL, '[');
    for (size_t i = 0; i < b.count; i++) {
        if (is_twice(b, i)) {
            *out_fault = "files has one twice.";
            return ERR_BAD_REQUEST;
        }
        enum err e = look_at_one(db, author_id, b.ids[i], &w, out_fault);
        if (e != ERR_OK)
            return e;
    }
    json_close(&w, ']');
    return out->err;
}

enum err files_send(struct db *db, struct brought b, int64_t room_id, int64_t message_id)
{
    enum err e = ERR_OK;
    for (size_t i = 0; i < b.count && e == ERR_OK; i++) {
        struct query *q = db_query(db, QUERY_FILES_SEND);
        query_int(q, 1, b.ids[i]);
        query_int(q, 2, room_id);
        query_int(q, 3, message_id);
        e = query_run(q);
    }
    return e;
}

/* ---- they go */

enum err files_forget(struct db *db, int64_t message_id)
{
    enum err e = query_run_for(db, QUERY_FILES_GONE_OF_MESSAGE, message_id);
    return e == ERR_OK ? query_run_for(db, QUERY_FILES_DELETE_OF_MESSAGE, message_id) : e;
}

enum err files_bytes(struct db *db, int64_t *out_bytes)
{
    return query_number(db_query(db, QUERY_FILES_BYTES), out_bytes);
}
