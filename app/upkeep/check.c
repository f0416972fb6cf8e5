/* check: a table of questions, each a query whose rows are sentences, and what to do about them; then the bytes of files. */
#include "upkeep/check.h"

#include "store/db.h"
#include "wire/json.h"

#define RESTORE                                                                                    \
    "Stop the server and restore the newest backup in which snug check finds nothing; snug "       \
    "export "                                                                                      \
    "may save what was written since."

static const struct {
    enum query_id query;
    const char *what_to_do;
} questions[] = {
    {QUERY_UPKEEP_CHECK_INTEGRITY, RESTORE},
    {QUERY_UPKEEP_CHECK_REFERENCES, RESTORE},
    {QUERY_UPKEEP_CHECK_HOLES, "Pages load such a room anew when they come to the hole; what is "
                               "missing is only in a backup."},
    {QUERY_UPKEEP_CHECK_TOP, RESTORE},
    {QUERY_UPKEEP_CHECK_EVENTS,
     "The message itself is there and is shown; who was away when it was sent may not be told of "
     "it. Restore a backup if there are many."},
    {QUERY_UPKEEP_CHECK_TEXTS,
     "Pages show the message as it is; who reads the room's history in another way may get another "
     "text. Restore a backup if that matters."},
    {QUERY_UPKEEP_CHECK_OFFSETS, RESTORE},
    {QUERY_UPKEEP_CHECK_MARKS,
     "It counts nothing as unread until the room has caught up. Nothing is to be done."},
    {QUERY_UPKEEP_CHECK_RUNS, "Pages show such a run without what it did. Nothing is to be done."},
    {QUERY_UPKEEP_CHECK_MENTIONS, "Only counts of mentions are too high. Nothing is to be done."},
    {QUERY_UPKEEP_CHECK_REACTIONS,
     "Pages show what the message tells. Who reacts to it anew puts it right."},
    {QUERY_UPKEEP_CHECK_DIRECT,
     "Others read there what was written to one person. An export, imported into an empty place, "
     "has the two alone in it."},
    {QUERY_UPKEEP_CHECK_FILES,
     "Pages show what the message tells; a file that is not there cannot be fetched. Restore a "
     "backup if there are many."},
    {QUERY_UPKEEP_CHECK_GONE,
     "A running server removes them bit by bit; if they do not become fewer, its log says why. "
     "Of a file that is still there, copy the bytes elsewhere first: a backup has them."},
    {QUERY_UPKEEP_CHECK_KEYS, "They are removed in time. Nothing is to be done."},
    {QUERY_UPKEEP_CHECK_STREAMS, "Nobody is shown them. Nothing is to be done."},
    {QUERY_UPKEEP_CHECK_ERASED_EVENTS,
     "Who loads the room anew is shown no name. An export, imported into an empty place, has new "
     "events."},
    {QUERY_UPKEEP_CHECK_ERASED_ROWS, "It lets nobody in and is shown to nobody. An export, "
                                     "imported into an empty place, has no such rows."},
    {QUERY_UPKEEP_CHECK_ERASURES,
     "It goes on while the server runs and can write: snug user erase with that number shows how "
     "far it is."},
    {QUERY_UPKEEP_CHECK_SEARCH,
     "Searching may miss old messages or be slow; nothing else is affected. An export, imported "
     "into an empty place, has a new index."},
};
#define QUESTIONS_COUNT (sizeof questions / sizeof questions[0])

struct asking {
    struct store *store;
    struct findings *f;
};

void finding_add(struct findings *f, struct text what, const char *what_to_do)
{
    if (++f->count > FINDINGS_MAX)
        return;
    struct json_writer w = {.out = &f->json, .first = f->count == 1};
    json_open(&w, NULL, '{');
    json_add_text(&w, "what", what);
    json_add_text(&w, "do", text_of(what_to_do));
    json_close(&w, '}');
}

static enum err ask_all(struct db *db, void *data)
{
    struct asking *a = data;
    struct findings *f = a->f;
    atomic_store(&f->done, 0);
    atomic_store(&f->total, (int64_t)QUESTIONS_COUNT);
    for (size_t i = 0; i < QUESTIONS_COUNT; i++) {
        struct query *q = db_query(db, questions[i].query);
        if (questions[i].query != QUERY_UPKEEP_CHECK_INTEGRITY) /* has its own limit */
            query_int(q, 1, FINDINGS_MAX + 1);
        while (query_row(q))
            finding_add(f, col_text(q, 0), questions[i].what_to_do);
        enum err e = query_end(q);
        if (e == ERR_DAMAGED || e == ERR_IO) /* the other questions may still have answers */
            finding_add(f, TEXT("A part of the database cannot be read."), RESTORE);
        else if (e != ERR_OK)
            return e;
        atomic_store(&f->done, (int64_t)i + 1);
    }
    enum err e = check_bytes(a->store, db, f);
    return e != ERR_OK ? e : f->json.err;
}

enum err upkeep_check(struct store *s, struct findings *f, char error[256])
{
    buf_clear(&f->json);
    f->count = 0;
    buf_add_char(&f->json, '[');
    struct asking asking = {s, f};
    enum err e = store_look(s, ask_all, &asking, error);
    buf_add_char(&f->json, ']');
    atomic_store(&f->total, 0);
    return e == ERR_OK ? f->json.err : e;
}

void findings_init(struct findings *f)
{
    *f = (struct findings){0};
    buf_init(&f->json, (size_t)1 << 20);
}

void findings_fini(struct findings *f)
{
    buf_fini(&f->json);
}
