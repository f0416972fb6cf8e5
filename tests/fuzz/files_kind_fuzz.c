/* Any bytes as a file: what it is is one of the table's, a picture has both sizes or none, text is text in whatever pieces it comes,
 * and nothing is read behind the last byte. */
#include "base/must.h"
#include "files/kind.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(struct text t, bool is_text)
{
    struct kind k = kind_of(t, is_text);
    must(strchr(k.type, '/') && (k.width > 0) == (k.height > 0));
    must(!k.width || text_starts(text_of(k.type), TEXT("image/")));
    must(!is_text || !k.width);
    bool never = strcmp(k.type, "image/svg+xml") == 0 || strcmp(k.type, "text/html") == 0;
    must(!never || !kind_shown(text_of(k.type)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *exact = malloc(size ? size : 1);
    must(exact);
    if (size)
        memcpy(exact, data, size);
    struct text t = {exact, size};
    struct plain whole = {0}, halves = {0};
    plain_feed(&whole, t);
    plain_feed(&halves, (struct text){exact, size / 2});
    plain_feed(&halves, text_after(t, size / 2));
    must(plain_is(&whole) == plain_is(&halves));
    check(t, plain_is(&whole));
    check(t, false);
    free(exact);
    return 0;
}
