/* What a message brings, in the same job as the message. The bytes came before it (filed.h). */
#include "store/db.h"
#include "upkeep/filed.h"
#include "upkeep/put_inside.h"

#include <stdio.h>

/* Its key follows from its bytes' name, and that from the message: no two messages have it. */
static enum err insert(struct db *db, const struct put *p, int64_t author_id, const struct filed *f,
                       int64_t *out_id)
{
    char key[64];
    struct file file = {.author_id = author_id,
                        .size = f->size,
                        .width = f->width,
                        .height = f->height,
                        .created_ms = put_time(p)};
    text_copy(file.blob, sizeof file.blob, f->blob);
    text_copy(file.name, sizeof file.name, f->name);
    text_copy(file.type, sizeof file.type, f->type);
    text_copy(file.sha256, sizeof file.sha256, f->sha256);
    (void)snprintf(key, sizeof key, "import %s", file.blob);
    enum err e = file_insert(db, &file, text_of(key));
    *out_id = file.id;
    return e == ERR_OK ? file_set_whole(db, &file) : e;
}

enum err put_files(struct db *db, struct put *p, int64_t author_id,
                   int64_t out_ids[FILES_OF_MESSAGE_MAX], size_t *out_count)
{
    struct text rest = put_text(p, ITEM_FILES);
    struct filed f;
    enum err e = ERR_OK;
    *out_count = 0;
    while (e == ERR_OK && *out_count < FILES_OF_MESSAGE_MAX && filed_next(&rest, &f))
        e = insert(db, p, author_id, &f, &out_ids[(*out_count)++]);
    return e == ERR_CONFLICT ? put_bad(p, "one of its files is of another message here.") : e;
}
