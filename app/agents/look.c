#include "agents/inside.h"
#include "base/must.h"
#include "store/db.h"
#include "store/store.h"

#include <stdlib.h>

/* Both lists are in one snapshot; what they find is checked again by the writer, so that nothing is done twice. */

static enum err read_open_runs(struct agents *a, struct db *db)
{
    struct query *q = db_query(db, QUERY_AGENTS_RUN_OPEN);
    query_int(q, 1, RUNS_MAX);
    enum err e = ERR_OK;
    while (e == ERR_OK && query_row(q)) {
        struct run run;
        run_read(q, &run);
        if (!live_add(a, &run, col_text(q, RUN_TEXT_COLUMN)))
            e = ERR_NOMEM;
    }
    enum err end = query_end(q);
    return end != ERR_OK ? end : e;
}

static enum err read_mentions(struct agents *a, struct db *db)
{
    unsigned found = 0;
    struct query *q = db_query(db, QUERY_AGENTS_MENTION_OPEN);
    while (query_row(q)) {
        struct mention m = {
            .message_id = col_int(q, 0), .room_id = col_int(q, 1), .author_id = col_int(q, 2)};
        if (!plan_asked(col_text(q, 3), col_int(q, 4) == NOOK_ID, &m.question))
            continue; /* "@nookie", "me@nook.org": never has a run */
        if (found++ == MENTIONS_BATCH) {
            atomic_store(&a->look_due, true); /* the others with a tick */
            break;
        }
        mention_start(a, &m);
    }
    return query_end(q);
}

static enum err look_run(struct db *db, void *data)
{
    enum err e = read_open_runs(data, db);
    return e == ERR_OK ? read_mentions(data, db) : e;
}

static void look_done(void *data, enum err e)
{
    struct agents *a = data;
    atomic_store(&a->looking, false);
    if (e != ERR_OK)
        atomic_store(&a->look_due, true); /* with a tick */
    live_pump(a, 0);
}

void look(struct agents *a)
{
    if (atomic_exchange(&a->looking, true))
        return;
    atomic_store(&a->look_due, false);
    if (reader_submit(a->options.store, (struct job){look_run, look_done, a}) == ERR_OK)
        return;
    atomic_store(&a->looking, false);
    atomic_store(&a->look_due, true);
}
