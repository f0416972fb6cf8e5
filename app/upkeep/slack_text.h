/* slack_text: what somebody wrote in Slack, as it would have been written here: mentions and channels by name, links as
 * Markdown, escapes undone, one star made two. Pure. source: docs.slack.dev/messaging/formatting-message-text */
#ifndef SNUG_UPKEEP_SLACK_TEXT_H
#define SNUG_UPKEEP_SLACK_TEXT_H

#include "base/buf.h"

/* What a user (kind '@') or a channel ('#') is called here; false: not known. */
struct slack_names {
    bool (*find)(void *ctx, char kind, struct text id, struct text *out_name);
    void *ctx;
};

/* Appends. errors: in out->err */
void slack_text(struct text text, const struct slack_names *names, struct buf *out);

#endif
