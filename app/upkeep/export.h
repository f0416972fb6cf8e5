/* export: a place as JSON lines: people, rooms and what is in them, room by room, as they are at one moment. No secrets:
 * no passwords, sessions, invites. What other formats have and this reads: import.h.
 *
 * An object a line, its first member "type". Version 1:
 *
 *     snug     version, place, time                  the first line
 *     user     name, display, role, active, created, seen
 *     room     room, name | direct, topic, private, created, created_by      then its member lines
 *     member   room, user, role, since, muted?, favourite?
 *     message  id, room, author, text, time, key, reply_to?, run_id?, edited?, reactions?, files?     in their order
 *     run      id, room, agent, started_by, text, state, created, started, ended, reply_to?, message?
 *     step     run, room, event, time, data, by?, message?   what a run did, as it stood in the room's stream
 *     read     room, user, message                   the newest that the member has read
 *     end      users, rooms, messages, runs, steps, files     the last line: without it the rest is missing
 *
 * All users come first, then all rooms with their members, then room by room messages, runs and steps in the order of the
 * room's stream, then its reads: whatever a line names came before it. Only a run's answer, "message", comes after the run
 * and before the step that tells of it; it names its run as well. In a step's data people and messages have no place: who
 * started or stopped the run is in "by". People are named by their names; "room" and the ids of messages name what a line stands for
 * over several exports of a place ("12.1700000000000": its number and when it was made), also in reply_to and message.
 *
 * A conversation of two has "direct": ["ada", "ben"] and no name: its own is made of numbers of its place. Both have a user line,
 * also who was erased, whose name is "-" and a number there and who is no member any more.
 *
 * What stands below a message is [{"emoji": "\u2764", "users": ["ada", "ben"]}, ...], in the order in which they came, left out when
 * there is nothing; without what people did who are erased.
 *
 * The files of a message are [{"name": "plan.pdf", "type": "application/pdf", "size": 12345, "sha256": hex, "width"?, "height"?}, ...],
 * width and height in pixels, of pictures. Their bytes are not among the lines. Where a folder for them is given they are written to
 * <folder>/<first two letters of sha256>/<sha256>, the same bytes once, each whole or not at all; what is there already with that
 * size stays, so that the next export of the place to the same folder writes what is new. They are copies: nothing that happens to
 * them there harms the place. */
#ifndef SNUG_UPKEEP_EXPORT_H
#define SNUG_UPKEEP_EXPORT_H

#include "base/err.h"
#include "base/text.h"

#include <stdint.h>
#include <stdio.h>

#define EXPORT_VERSION 1

struct export_order {
    FILE *out;
    const char *room; /* an id, or a name; NULL: all. A conversation of two has an id alone */
    int64_t now_ms;
    const char *files; /* where the place has the bytes of files */
    const char
        *to; /* the folder for them, made if it is not there; NULL: they stay where they are */
    void (*told)(void *ctx, int64_t done, int64_t total); /* NULL: nobody */
    void (*said)(void *ctx, const char *sentence); /* of bytes that are not there; NULL: nobody */
    void *ctx;
};

#define EXPORT_SAID_MAX 20 /* files without bytes that are told of; all are counted */

struct exported {
    int64_t users, rooms, messages, runs, steps;
    int64_t files, file_bytes; /* that are named */
    int64_t absent;            /* of them without bytes that could be written */
};

/* Writes the place whose database is at path, beside a server that uses it or not. thread: any that may block
 * errors: ERR_NOT_FOUND no such room, ERR_CONFLICT several of that name; ERR_IO, also of `out` and `to`; ERR_UNAVAILABLE no room in `to`, or a
 * database of another version; ERR_NOMEM; with a sentence in error */
MUST_USE enum err upkeep_export(const char *path, const struct export_order *order,
                                struct exported *out, char error[256]);

#endif
