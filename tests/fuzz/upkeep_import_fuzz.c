/* Any bytes as an export to read, or a part of one: the first one says as which. Whatever becomes an item has texts that a database may take;
 * what does not is told, and nothing is read twice or not at all. */
#include "base/must.h"
#include "upkeep/intake.h"
#include "upkeep/slack_text.h"
#include "wire/json.h"
#include "wire/utf8.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Whatever stood there, the writer reads whole lines, each of one emoji and somebody. */
static void check_reactions(struct text rest)
{
    struct reacted r;
    size_t lines = 0, ends = 0;
    for (size_t i = 0; i < rest.len; i++)
        ends += rest.data[i] == '\n';
    for (; reacted_next(&rest, &r); lines++) {
        must(emoji_is_one(r.emoji) && r.time_ms >= 0);
        must(r.user.len > 0 && r.user.len <= REACTED_USER_MAX &&
             !memchr(r.user.data, '\t', r.user.len));
    }
    must(lines == ends);
}

/* Nothing has bytes here, so all files are named; but whatever stands in such lines is read to its end. */
static void check_files(struct text rest)
{
    struct filed f;
    size_t left = rest.len + 1;
    for (; filed_next(&rest, &f); left = rest.len + 1)
        must(rest.len < left && f.size >= 0);
}

static enum err check_item(struct intake *in, const struct item *item)
{
    must(item->source && item->kind <= ITEM_CAUGHT_UP);
    must(in->line > 0 || item->kind == ITEM_CAUGHT_UP);
    must(item->time_ms >= 0);
    for (size_t i = 0; i < ITEM_TEXTS; i++) {
        struct text t = item->texts[i];
        must(t.len == 0 || (!memchr(t.data, 0, t.len) && utf8_valid(t)));
    }
    check_reactions(item->texts[ITEM_REACTIONS]);
    must(item->texts[ITEM_FILES].len == 0);
    must((item->texts[ITEM_ONE].len > 0) == (item->texts[ITEM_OTHER].len > 0));
    return ERR_OK;
}

static void check_sentence(void *ctx, const char *sentence)
{
    (void)ctx;
    must(sentence[0] && sentence[strlen(sentence) - 1] == '.');
}

static void read_as(enum err (*read)(struct intake *in, FILE *file), const uint8_t *data,
                    size_t size)
{
    char error[256] = "";
    const struct import_order order = {.said = check_sentence, .env = &env_real};
    struct imported count = {0};
    struct intake in;
    FILE *file = fmemopen((void *)data, size, "r");
    must(file && intake_init(&in, NULL, &order, &count, error) == ERR_OK);
    in.instead = check_item;
    intake_begin(&in, "bytes");
    enum err e = read(&in, file);
    must(e == ERR_OK || e == ERR_BAD_REQUEST);
    must(e == ERR_OK || error[0]);
    must((size_t)in.done <= 2 * size); /* Mattermost's is read twice */
    intake_fini(&in);
    (void)fclose(file);
}

static bool no_name(void *ctx, char kind, struct text id, struct text *out_name)
{
    (void)ctx;
    *out_name = TEXT("ada");
    return kind == '@' && id.len == 2;
}

static void read_text(struct text t)
{
    const struct slack_names names = {no_name, NULL};
    struct buf out;
    if (!utf8_valid(t))
        return;
    buf_init(&out, (size_t)1 << 24);
    slack_text(t, &names, &out);
    must(out.err == ERR_OK && utf8_valid(buf_text(&out)));
    struct text rest = buf_text(&out), piece;
    size_t left = rest.len;
    while (put_cut(&rest, &piece)) {
        must(piece.len > 0 && utf8_length(piece) <= PUT_TEXT_CHARACTERS && rest.len < left);
        left = rest.len;
    }
    must(text_trim(rest).len == 0);
    buf_fini(&out);
}

/* Slack's reactions and files, of one message: its days are read from a folder. */
static void read_reactions(struct text json)
{
    char error[256] = "";
    const struct import_order order = {.said = check_sentence, .env = &env_real};
    struct imported count = {0};
    struct intake in;
    struct buf scratch;
    struct item item = {.source = "slack", .texts[ITEM_ID] = {"C1:1.0", 6}};
    json = text_trim(json);
    if (!json_valid(json, IMPORT_DEPTH_MAX))
        return;
    must(intake_init(&in, NULL, &order, &count, error) == ERR_OK);
    in.instead = check_item; /* there is no database to ask */
    intake_begin(&in, "bytes");
    in.line = 1;
    buf_init(&scratch, (size_t)1 << 24);
    must(scratch_for(&scratch, json) == ERR_OK);
    must(reacted_slack(&in, json, &scratch, &item.texts[ITEM_REACTIONS]) == ERR_OK);
    must(scratch_for(&scratch, json) == ERR_OK);
    must(filed_slack(&in, &item, "lab", json, &scratch) == ERR_OK);
    (void)check_item(&in, &item);
    check_files(json);
    buf_fini(&scratch);
    intake_fini(&in);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    if (data[0] == 's')
        read_as(read_snug, data + 1, size - 1);
    else if (data[0] == 'm')
        read_as(read_mattermost, data + 1, size - 1);
    else if (data[0] == 'r')
        read_reactions((struct text){(const char *)data + 1, size - 1});
    else
        read_text((struct text){(const char *)data + 1, size - 1});
    return 0;
}
