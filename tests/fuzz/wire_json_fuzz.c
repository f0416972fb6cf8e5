/* Any bytes as JSON: what is valid can be walked to its last member, and every text in it survives being decoded and
 * quoted again; what is quoted is valid whatever it was. */
#include "wire/json.h"

#include "base/must.h"
#include "wire/utf8.h"

#include <stdlib.h>

#define DEPTH 20

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_string(struct text value)
{
    struct buf decoded, quoted, again;
    buf_init(&decoded, value.len);
    buf_init(&quoted, 8 * value.len + 8);
    buf_init(&again, value.len);
    json_string(value, &decoded);
    must(decoded.err == ERR_OK && decoded.len <= value.len - 2 && utf8_valid(buf_text(&decoded)));
    json_quote(&quoted, buf_text(&decoded));
    must(quoted.err == ERR_OK && json_valid(buf_text(&quoted), 0));
    json_string(buf_text(&quoted), &again);
    must(text_is(buf_text(&decoded), buf_text(&again)));
    buf_fini(&decoded);
    buf_fini(&quoted);
    buf_fini(&again);
}

static void walk(struct text value, unsigned depth)
{
    must(depth <= DEPTH && json_valid(value, DEPTH - depth));
    struct json_member m;
    struct text element, rest = value;
    int64_t n;
    switch (json_kind(value)) {
    case JSON_OBJECT:
        while (json_member(&rest, &m))
            walk(m.value, depth + 1);
        must(text_is(rest, TEXT("}")));
        break;
    case JSON_ARRAY:
        while (json_element(&rest, &element))
            walk(element, depth + 1);
        must(text_is(rest, TEXT("]")));
        break;
    case JSON_STRING:
        check_string(value);
        break;
    case JSON_NUMBER:
        must(!json_int(value, -5, 5, &n) || (n >= -5 && n <= 5));
        break;
    case JSON_NULL:
    case JSON_BOOL:
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *exact = malloc(size ? size : 1);
    must(exact);
    if (size)
        memcpy(exact, data, size);
    struct text t = {exact, size}, value, rest;
    if (json_next(t, DEPTH, &value, &rest)) {
        must(value.data + value.len == rest.data && rest.data + rest.len == exact + size);
        walk(value, 0);
    }
    struct buf quoted;
    buf_init(&quoted, 8 * size + 8);
    json_quote(&quoted, t);
    must(quoted.err == ERR_OK && json_valid(buf_text(&quoted), 0));
    check_string(buf_text(&quoted));
    buf_fini(&quoted);
    free(exact);
    return 0;
}
