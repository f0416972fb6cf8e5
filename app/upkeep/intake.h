/* intake: what the readers of the formats share: items go to the writer, many at once and in order, and what could not be
 * taken is told with the place where it stood. */
#ifndef SNUG_UPKEEP_INTAKE_H
#define SNUG_UPKEEP_INTAKE_H

#include "base/buf.h"
#include "upkeep/filed.h"
#include "upkeep/import.h"
#include "upkeep/put.h"
#include "upkeep/reacted.h"

#include <stdio.h>

struct queue;

struct intake {
    struct store *store;
    const struct import_order *order;
    struct imported *count;
    char *error;           /* 256 bytes */
    struct queue *ended;   /* jobs that the writer has done */
    size_t out, out_bytes; /* jobs that it has not */
    enum err fatal;        /* the import cannot go on */
    bool in_messages;      /* the first one, or a run, has come */
    char file[512];        /* where the reader is: a name, */
    int64_t line;          /* and a line or an element, from 1; 0: at its beginning */
    int64_t done, total;   /* bytes */
    struct reacted_list reacted;
    struct filed_list filed;
    enum err (*instead)(struct intake *in, const struct item *item); /* of the writer, in tests */
};

MUST_USE enum err intake_init(struct intake *in, struct store *s, const struct import_order *order,
                              struct imported *count, char error[256]);
/* The reader begins a file. */
void intake_begin(struct intake *in, const char *file);

/* Waits for what the writer still has. */
void intake_fini(struct intake *in);

/* Copies the item and gives it to the writer; waits when it has enough, and before the first message or run until all that came
 * before is there: a room that has no place ends the import before anything was said.
 * errors: those after which the import ends, with a sentence in in->error; a bad item is none */
MUST_USE enum err intake_put(struct intake *in, const struct item *item);

/* Waits until the writer has done all. errors: as intake_put */
MUST_USE enum err intake_settle(struct intake *in);

/* A question to the database, of what has been done so far; waits for its answer. errors: those of `ask`; ERR_NOMEM */
MUST_USE enum err intake_ask(struct intake *in, enum err (*ask)(struct db *db, void *data),
                             void *data);

/* Whether a message is here already, under the name that it has in its source, or because it was written here. errors: as
 * intake_ask, in in->fatal too */
MUST_USE enum err intake_is_there(struct intake *in, const struct item *item, bool *out_there);

/* What stands where the reader is cannot be taken. */
void intake_bad(struct intake *in, const char *why);

/* The reader has come so far. */
void intake_progress(struct intake *in, int64_t more_bytes);

/* ---- the readers. errors: as intake_put; ERR_IO, ERR_NOMEM */

/* The file is at its start. */
MUST_USE enum err read_snug(struct intake *in, FILE *file);
MUST_USE enum err read_mattermost(struct intake *in, FILE *file);
MUST_USE enum err read_slack(struct intake *in, int folder);

/* ---- lines */

struct lines {
    FILE *file;
    struct buf line;
    struct buf scratch; /* decoded texts of the line */
    bool told;          /* the file is read again: what is no object has been told */
};

void lines_init(struct lines *l, FILE *file);
void lines_fini(struct lines *l);

/* The next line that is an object; others are told of as bad, once. False: no more, or an error. */
bool lines_next(struct lines *l, struct intake *in, struct text *out_object, enum err *out_err);

/* ---- fields of an object */

enum field_kind { FIELD_TEXT, FIELD_INT, FIELD_BOOL, FIELD_RAW };

struct field {
    const char *name;
    enum field_kind kind;
    bool needed;
    void *
        out; /* struct text, int64_t, bool, struct text: stays as it is when the field is missing or null */
};

/* Reads the fields that are there; texts are decoded into scratch, which the caller has cleared for this line.
 * out: the name of a field that is missing or of another kind. */
MUST_USE bool fields_read(struct text object, const struct field *list, size_t count,
                          struct buf *scratch, const char **out_wrong);

/* Clears scratch and makes room for all of `json` decoded three times, so that texts in it stay where they are. */
MUST_USE enum err scratch_for(struct buf *scratch, struct text json);

/* A list of two texts, for a room that is a conversation of two. False: it is none. */
bool two_read(struct text list, struct buf *scratch, struct item *item);

/* fields_read, and in words what is wrong. */
bool fields_or_bad(struct intake *in, struct text object, const struct field *list, size_t count,
                   struct buf *scratch);

#endif
