/* Any bytes as an export to read: the first one says as which. Whatever becomes an item has texts that a database may take;
 * what does not is told, and nothing is read twice or not at all. */
#include "base/must.h"
#include "upkeep/intake.h"
#include "upkeep/slack_text.h"
#include "wire/utf8.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum err check_item(struct intake *in, const struct item *item)
{
    must(item->source && item->kind <= ITEM_CAUGHT_UP);
    must(in->line > 0 || item->kind == ITEM_CAUGHT_UP);
    must(item->time_ms >= 0);
    for (size_t i = 0; i < ITEM_TEXTS; i++) {
        struct text t = item->texts[i];
        must(t.len == 0 || (!memchr(t.data, 0, t.len) && utf8_valid(t)));
    }
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
    must((size_t)in.done <= size);
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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    if (data[0] == 's')
        read_as(read_snug, data + 1, size - 1);
    else if (data[0] == 'm')
        read_as(read_mattermost, data + 1, size - 1);
    else
        read_text((struct text){(const char *)data + 1, size - 1});
    return 0;
}
