/* Any bytes as a filter and, on the next line, tags: what is taken is within its bounds, what is refused is refused
 * with a sentence, and `not` around a filter gives the opposite. */
#include "wire/tag_filter.h"

#include "base/must.h"
#include "wire/json.h"

#include <stdlib.h>

#define DEPTH 40

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum err parse(struct text json, struct tag_filter **out_filter)
{
    char error[TAG_FILTER_ERROR_SIZE] = "";
    enum err e = tag_filter_parse(json, out_filter, error);
    must(e == ERR_OK || (e == ERR_BAD_REQUEST && text_starts(text_of(error), TEXT("tf"))));
    return e;
}

static void match(struct text json, const struct tags *tags)
{
    struct tag_filter *f = NULL, *opposite = NULL;
    struct buf inverse;
    buf_init(&inverse, json.len + 64);
    buf_add_text(&inverse, TEXT("{\"op\":\"not\",\"nodes\":["));
    buf_add_text(&inverse, json);
    buf_add_text(&inverse, TEXT("]}"));
    bool fine = parse(json, &f) == ERR_OK;
    bool inverse_fine = parse(buf_text(&inverse), &opposite) == ERR_OK;
    must(fine || !inverse_fine);
    if (fine && inverse_fine)
        must(tag_filter_match(f, tags) != tag_filter_match(opposite, tags));
    tag_filter_free(f);
    tag_filter_free(opposite);
    buf_fini(&inverse);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *exact = malloc(size ? size : 1);
    must(exact);
    if (size)
        memcpy(exact, data, size);
    struct text rest = {exact, size}, filter;
    struct tags tags = {.count = 0};
    if (text_split(&rest, '\n', &filter) && json_valid(filter, DEPTH)) {
        enum err e = rest.data && json_valid(rest, DEPTH) ? tags_parse(rest, &tags) : ERR_OK;
        must(e == ERR_OK || e == ERR_BAD_REQUEST || e == ERR_LIMIT);
        must(tags.count <= TAGS_MAX && tags.bytes.len <= TAGS_BYTES_MAX);
        for (size_t i = 0; i < tags.count; i++)
            must(tags_find(&tags, tags.at[i].key) == &tags.at[i]);
        match(filter, &tags);
        tags_fini(&tags);
    }
    free(exact);
    return 0;
}
