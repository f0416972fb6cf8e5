/* Any bytes as a URL's query and as the body of POST /emulation: what is taken is never longer than what came, and within
 * its bounds. */
#include "base/must.h"
#include "http/emulation.h"
#include "http/query.h"

#include <stdlib.h>

#define DATA_MAX 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void as_query(struct text t)
{
    struct buf out;
    buf_init(&out, t.len);
    if (query_get(t, TEXT("cf_connect"), &out) == ERR_OK)
        must(out.len + sizeof "cf_connect" - 1 <= t.len);
    buf_fini(&out);
}

static void as_emulation(struct text t)
{
    struct emulation m;
    emulation_init(&m, DATA_MAX);
    enum err e = emulation_read(t, &m);
    if (e == ERR_OK)
        must(m.session.len > 0 && m.node.len > 0 && m.data.len > 0 && m.data.len <= DATA_MAX);
    else
        must(m.words[0] && strlen(m.words) < sizeof m.words);
    emulation_fini(&m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *exact = malloc(size ? size : 1);
    must(exact);
    if (size > 0)
        memcpy(exact, data, size);
    as_query((struct text){exact, size});
    as_emulation((struct text){exact, size});
    free(exact);
    return 0;
}
