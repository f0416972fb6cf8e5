/* filed: the files that a message had in its source. Their bytes come into the place before their message: copied, looked at, on
 * disk. What is known of them then goes with the item, as one text: a line "blob TAB sha256 TAB size TAB type TAB width TAB height TAB
 * name" each, in their order. The readers write it, put_files reads it. A file whose bytes are not to be had is named in the words of
 * its message.
 *
 * The name of the bytes on disk follows from the message, the place in it and what they are: after a kill the same ones come
 * to the same name, and a message that is here already keeps what it has. */
#ifndef SNUG_UPKEEP_FILED_H
#define SNUG_UPKEEP_FILED_H

#include "base/buf.h"
#include "files/file.h"
#include "files/kind.h"
#include "upkeep/item.h"
#include "upkeep/shelf.h"

#define FILED_LINES_BYTES ((size_t)16 << 10)
#define FILED_WORDS_BYTES ((size_t)2 << 20) /* of a message and of what is named in it */
#define FILED_NAMED_MAX 1000                /* files of one message that are named */
#define FILED_URL_BYTES 2000

struct intake;

/* A part of the intake, used again for each message. */
struct filed_list {
    struct shelf shelf; /* of the place */
    int from;           /* the folder in which the source has bytes; -1: none */
    bool closes;        /* it is this one's to close */
    struct buf lines, words;
    size_t count, named; /* of the message */
    bool there;          /* the message is here already */
    char *begin;         /* of the bytes that are copied: KIND_BYTES */
    size_t begin_len;
    struct plain plain;
    struct text id, source; /* of the message */
};

/* errors: ERR_NOMEM */
MUST_USE enum err filed_init(struct filed_list *l, const char *files);
void filed_fini(struct filed_list *l);

/* ---- one file: for the formats */

struct filed_wish {
    struct text name;   /* as its author called it: any text */
    struct text url;    /* where its source has it, or empty: goes into the words */
    struct text sha256; /* that its bytes are to have, or empty */
    int64_t size;       /* that they are to have; -1: any */
};

/* A message begins. out: in->filed.there. errors: ERR_NOMEM, ERR_IO */
MUST_USE enum err filed_begin(struct intake *in, const struct item *item);
/* fd: its bytes, which is closed here; -1: there are none. errors: as filed_snug */
MUST_USE enum err filed_take(struct intake *in, const struct filed_wish *wish, int fd);
/* No more. */
MUST_USE enum err filed_end(struct intake *in, struct item *item);

/* ---- all of them */

/* The files of the message `item`, whose id and words are set, in one of the formats: `json` is a valid value, or empty. Sets
 * ITEM_FILES and, if some are named, ITEM_WORDS; both are borrowed from the intake until the next message. What is wrong with one is
 * told.
 * scratch: as for fields_read. errors: ERR_NOMEM, ERR_IO, ERR_UNAVAILABLE the place's disk: the import ends */
MUST_USE enum err filed_snug(struct intake *in, struct item *item, struct text json,
                             struct buf *scratch);
/* room: the folder of its days */
MUST_USE enum err filed_slack(struct intake *in, struct item *item, const char *room,
                              struct text json, struct buf *scratch);
MUST_USE enum err filed_mattermost(struct intake *in, struct item *item, struct text json,
                                   struct buf *scratch);

/* Bytes that came for an item that did not: those of them that are no file's go. */
void filed_drop(struct intake *in, struct text lines);

struct filed {
    struct text blob, sha256, type, name; /* borrowed from the lines */
    int64_t size, width, height;
};

/* Takes the next one off *rest. False: no more. */
bool filed_next(struct text *rest, struct filed *out);

#endif
