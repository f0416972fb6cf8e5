/* rows: what becomes of a note in the writer's job. */
#include "accounts/people.h"
#include "ops/inside.h"
#include "store/db.h"

enum err rows_close_open(struct db *db, int64_t now_ms)
{
    struct query *q = db_query(db, QUERY_OPS_CONNECTION_CLOSE_OPEN);
    query_int(q, 1, now_ms);
    return query_run(q);
}

enum err row_mark(struct db *db, int64_t time_ms, const char *text)
{
    struct query *q = db_query(db, QUERY_OPS_MARK_INSERT);
    query_int(q, 1, time_ms);
    query_text(q, 2, text_of(text));
    return query_run(q);
}

struct whose {
    int64_t user_id; /* 0: nobody's, or of somebody who has no row, as tokens may name them */
    bool erased;     /* nothing is to be noted of them */
};

/* What a row needs to know of others is asked before it is written: an INSERT that reads other tables may write many rows, for
 * which SQLite keeps a journal of its own, and one that reads its own table makes a copy first. */
static enum err find_whose(struct db *db, const struct ws_connection_record *r, struct whose *out)
{
    *out = (struct whose){0};
    if (!r->user_id)
        return ERR_OK;
    struct query *q = db_query(db, QUERY_OPS_CONNECTION_WHOSE);
    query_int(q, 1, r->user_id);
    if (query_row(q))
        *out = (struct whose){col_int(q, 0), col_int(q, 1) != 0};
    return query_end(q);
}

static void bind_who(struct query *q, const struct ws_connection_record *r, int64_t user_id)
{
    query_text(q, 1, text_of(r->id));
    if (user_id)
        query_int(q, 2, user_id);
    else
        query_null(q, 2);
    query_text(q, 3, text_of(r->client));
    query_text(q, 4, text_of(r->address));
    query_text(q, 5, text_of(r->transport));
    query_int(q, 6, r->connected_ms);
    query_text(q, 7, text_of(r->tab));
}

/* The tab of a connection that ended is back. */
static enum err note_back(struct db *db, const struct ws_connection_record *r)
{
    if (!r->tab[0])
        return ERR_OK;
    struct query *q = db_query(db, QUERY_OPS_CONNECTION_BACK);
    query_int(q, 1, r->user_id);
    query_text(q, 2, text_of(r->tab));
    query_int(q, 3, r->connected_ms);
    return query_run(q);
}

enum err row_opened(struct db *db, const struct ws_connection_record *r)
{
    struct whose whose;
    enum err e = find_whose(db, r, &whose);
    if (e == ERR_OK && !whose.erased) {
        struct query *q = db_query(db, QUERY_OPS_CONNECTION_OPEN);
        bind_who(q, r, whose.user_id);
        e = query_run(q);
    }
    if (e == ERR_OK && r->user_id)
        e = person_seen(db, r->user_id, r->connected_ms);
    return e != ERR_OK ? e : note_back(db, r);
}

/* How the return of a tab went is told by the row of the connection that had ended. */
static enum err note_recovered(struct db *db, const struct ws_connection_record *r)
{
    if (!r->tab[0] || r->recovered < 0)
        return ERR_OK;
    struct query *q = db_query(db, QUERY_OPS_CONNECTION_RECOVERED);
    query_text(q, 1, text_of(r->id));
    query_int(q, 2, r->user_id);
    query_text(q, 3, text_of(r->tab));
    query_int(q, 4, r->connected_ms);
    query_int(q, 5, r->closed_ms);
    query_int(q, 6, r->recovered);
    return query_run(q);
}

/* If its tab is connected anew already, it was back at once: after `*back_ms`, 0: it was not. */
static enum err find_next(struct db *db, const struct ws_connection_record *r, int64_t *back_ms)
{
    *back_ms = 0;
    if (!r->user_id || !r->tab[0])
        return ERR_OK;
    struct query *q = db_query(db, QUERY_OPS_CONNECTION_NEXT);
    query_int(q, 1, r->user_id);
    query_text(q, 2, text_of(r->tab));
    query_text(q, 3, text_of(r->id));
    query_int(q, 4, r->connected_ms);
    int64_t since = 0;
    enum err e = query_number(q, &since);
    if (since)
        *back_ms = since - r->closed_ms > 1 ? since - r->closed_ms : 1;
    return e;
}

static enum err write_closed(struct db *db, enum query_id which,
                             const struct ws_connection_record *r, int64_t user_id, int64_t back_ms)
{
    struct query *q = db_query(db, which);
    bind_who(q, r, user_id);
    query_int(q, 8, r->closed_ms);
    query_int(q, 9, r->rtt_ms);
    query_int(q, 10, (int64_t)r->bytes_in);
    query_int(q, 11, (int64_t)r->bytes_out);
    query_int(q, 12, (int64_t)r->frames_in);
    query_int(q, 13, (int64_t)r->frames_out);
    query_int(q, 14, (int64_t)r->queue_peak_bytes);
    query_int(q, 15, r->code);
    query_text(q, 16, text_of(r->reason));
    query_text(q, 17, text_of(r->closed_by));
    query_int(q, 18, back_ms);
    return query_run(q);
}

static enum err end_row(struct db *db, const struct ws_connection_record *r,
                        const struct whose *whose)
{
    int64_t back_ms;
    enum err e = find_next(db, r, &back_ms);
    if (e == ERR_OK && r->user_id) { /* nobody's has no row before its end */
        e = write_closed(db, QUERY_OPS_CONNECTION_CLOSE, r, whose->user_id, back_ms);
        if (e != ERR_OK || db_changes(db) > 0)
            return e;
    }
    return e == ERR_OK ? write_closed(db, QUERY_OPS_CONNECTION_ENDED, r, whose->user_id, back_ms)
                       : e;
}

enum err row_closed(struct db *db, const struct ws_connection_record *r)
{
    struct whose whose;
    enum err e = find_whose(db, r, &whose);
    if (e == ERR_OK && !whose.erased)
        e = end_row(db, r, &whose);
    if (e == ERR_OK && r->user_id)
        e = person_seen(db, r->user_id, r->closed_ms);
    return e != ERR_OK ? e : note_recovered(db, r);
}
