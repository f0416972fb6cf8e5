/* import: people, rooms and messages from an export into a place that no server uses. Three formats, told apart by what is
 * there:
 *
 *   a file of snug export    all of it (export.h); a run that was open comes as stopped. What a run did comes
 *                            with the run alone: one that is here already keeps what it has. Bytes of files are in the folder that
 *                            was given to the export
 *   a folder as Slack's export unpacks it    users.json, channels.json, groups.json, mpims.json, dms.json, <room>/<date>.json.
 *                            What people and bots said, threads as replies; mentions, links and escapes as this place has
 *                            them. Joins, topics and other notes of the system are left out. The bytes of files are in no
 *                            export of Slack's own; slackdump and slack-advanced-exporter put them into it, as
 *                            __uploads/<id>/<name> or <room>/attachments/<id>-<name>. Reactions come of
 *                            those whom the export names, not of those whom it only counts.
 *                            source: slack.com/help/articles/220556107 (what the ZIP has), docs.slack.dev/messaging/formatting-message-text,
 *                            api.slack.com/events/message (subtypes), docs.slack.dev/reference/methods/reactions.get,
 *                            docs.slack.dev/reference/objects/file-object; github.com/rusq/slackdump,
 *                            cmd/slackdump/internal/export/assets/export.md and source/filestorage.go
 *   a file of Mattermost's bulk export    teams' channels, users, posts, direct channels and posts, replies. Schemes, emoji,
 *                            roles are left out. The bytes of attachments are below "data" beside the file, as an export with
 *                            attachments has them, or below the folder of the file as their path stands there.
 *                            source: docs.mattermost.com/onboard/bulk-loading-data.html; github.com/mattermost/mattermost,
 *                            server/channels/app/export.go (what goes beside import.jsonl)
 *
 * People of a name that is here are taken for the same ones, all others are made without a password. A room of a name that is
 * here and has no messages is taken for the same one, if both are open or both private; one with messages only with `merge`.
 * A conversation of two is one here, too, known by those two alone: it goes into theirs, if they have one, with messages only with
 * `merge`, and nobody else gets into it. Slack's and Mattermost's of more, of somebody with himself, or with somebody who is not
 * among the people, become private rooms of their own.
 * Times are those of the source, numbers in the room's stream are new: what is imported comes after what is there.
 * A text longer than a message may be becomes several messages. What has neither words nor files is left out.
 * Files come with their message, the first one of several, at most 10. Their types and sizes are found in their bytes, which are
 * compared with what their source says of them. A path leads below the folder of the bytes, by no link, or nowhere. One whose bytes
 * are not there, are others, or are more than 1 GiB is named in the text, with where its source has it: an import that is to
 * bring bytes has them at hand the first time, for a message that is here already keeps what it has. Bytes are on disk before their message is.
 * Reactions come with their message, the first one of several, and in their order. Slack's and Mattermost's names become emojis
 * (wire/emoji_names.def); those of others, as a place's own pictures, are left out. One that is no good is told with its
 * message's line and left out, the message and its others come. A message that is here already keeps those that it has: what was
 * taken away here does not come back.
 *
 * Every item is one job of the writer: it is there whole or not at all. What came before is known by its name in its source, so
 * that again, or after a kill in the middle, only what is missing is added. */
#ifndef SNUG_UPKEEP_IMPORT_H
#define SNUG_UPKEEP_IMPORT_H

#include "base/env.h"
#include "store/store.h"

#include <stdbool.h>

#define IMPORT_LINE_MAX ((size_t)16 << 20)  /* of a file of lines; of an element of Slack's */
#define IMPORT_FILE_MAX ((size_t)256 << 20) /* of one file of Slack's */
#define IMPORT_BYTES_MAX ((int64_t)1 << 30) /* of the bytes of one file that was sent */
#define IMPORT_DEPTH_MAX 64                 /* of nested JSON */
#define IMPORT_SAID_MAX 20                  /* bad lines that are told of; all are counted */

struct import_order {
    const char *path; /* a file, or Slack's folder */
    const char *
        files; /* the folder that has the bytes of files; NULL: where the source has them, beside it */
    const char *place_files; /* where they come to; NULL: they are named */
    bool merge;
    const struct env *env;
    void (*told)(void *ctx, int64_t done, int64_t total); /* bytes read; NULL: nobody */
    void (*said)(void *ctx, const char *sentence);        /* of a bad line; NULL: nobody */
    void *ctx;
};

struct imported {
    const char *format;                          /* "Snug", "Slack", "Mattermost" */
    int64_t users, rooms, messages, runs, steps; /* that were not there */
    int64_t already;                             /* messages that were */
    int64_t files;                               /* that came with a message */
    int64_t named;    /* whose bytes did not: they are named in its text */
    int64_t left_out; /* what has no place here: notes of the system, pictures as emojis */
    int64_t renamed;  /* people whose name was none of ours, or an agent's */
    int64_t
        bad; /* lines and messages that could not be taken, or not with all reactions and files */
};

/* thread: any that may block; its store must have no other user
 * errors: ERR_BAD_REQUEST it is none of the three, no file (a pipe), or broken off; ERR_CONFLICT a room that `merge` would be needed for, nothing
 * of messages was taken; ERR_IO, ERR_UNAVAILABLE the disk (again goes on); ERR_NOMEM; with a sentence in error */
MUST_USE enum err upkeep_import(struct store *s, const struct import_order *order,
                                struct imported *out, char error[256]);

#endif
