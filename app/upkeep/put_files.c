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
    int n = snprintf(key, sizeof key, "import %.*s", TEXT_ARG(f->blob));
    struct query *q = db_query(db, QUERY_FILES_INSERT);
    query_int(q, 1, author_id);
    query_text(q, 2, (struct text){key, (size_t)n});
    query_text(q, 3, f->blob);
    query_text(q, 4, f->name);
    query_int(q, 5, f->size);
    query_int(q, 6, put_time(p));
    enum err e = query_run(q);
    if (e != ERR_OK)
        return e;
    *out_id = db_last_id(db);
    q = db_query(db, QUERY_FILES_WHOLE);
    query_int(q, 1, *out_id);
    query_text(q, 2, f->type);
    query_int(q, 3, f->width);
    query_int(q, 4, f->height);
    query_text(q, 5, f->sha256);
    return query_run(q);
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
