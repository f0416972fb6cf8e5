/* happening: one event of a run, inside a writer's job: the move of its state, its row and its place in the room's stream, or
 * none of them.
 *
 *     in run:   happen(a, db, &run, &happening)
 *     in done:  happened(a, &happening, e)      publishes after the commit, frees always */
#ifndef SNUG_AGENTS_HAPPENING_H
#define SNUG_AGENTS_HAPPENING_H

#include "agents/run_row.h"
#include "chat/stream.h"
#include "wire/json.h"

struct agents;
struct person;

struct happening {
    enum run_event event;
    int64_t step;             /* of the run after it */
    struct text execution_id; /* of the tool events */
    /* Writes the fields of `data`; may do more in the same job and change the run (an answer is posted here). NULL: none */
    enum err (*fields)(void *ctx, struct db *db, struct run *run, struct json_writer *w);
    void *ctx;
    /* ---- inside */
    struct room_event stored;
    bool begun;
};

/* Moves the run, appends the event, updates the row (a run that is new is inserted by the caller afterwards: run->step
 * and the rest are set, nothing is written of it).
 * errors: ERR_CONFLICT out of order; ERR_DENIED no such room; those of the store and of `fields` */
MUST_USE enum err happen(struct agents *a, struct db *db, struct run *run, bool is_new,
                         struct happening *h);

void happened(struct agents *a, struct happening *h, enum err e);

/* A passing piece of the answer, from character `position` on. */
void happening_write_piece(struct agents *a, const struct run *run, const struct person *agent,
                           size_t position, struct text piece);

/* ---- fields that several events have */

/* started_by, of the run. */
MUST_USE enum err happening_starter(struct db *db, const struct run *run, struct json_writer *w);

/* error: {code, text} */
void happening_error(struct json_writer *w, enum err e, struct text words);

#endif
