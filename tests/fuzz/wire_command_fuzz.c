/* Any bytes as a message of a client: every command that is taken keeps what struct command promises, and a message
 * has no more commands than lines. */
#include "wire/command.h"

#include "base/must.h"
#include "wire/json.h"
#include "wire/utf8.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct command *c)
{
    must(c->id != 0 || c->kind == COMMAND_send || c->kind == COMMAND_PONG);
    must(c->data.len == 0 || json_valid(c->data, COMMAND_DATA_DEPTH_MAX));
    must(c->offset <= INT64_MAX && c->limit >= INT32_MIN && c->limit <= INT32_MAX);
    const struct text texts[] = {c->channel, c->token, c->name, c->version, c->method, c->epoch};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        must(utf8_valid(texts[i]));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *exact = malloc(size ? size : 1);
    must(exact);
    size_t lines = 1;
    for (size_t i = 0; i < size; i++) {
        exact[i] = (char)data[i];
        lines += data[i] == '\n';
    }
    struct buf scratch;
    buf_init(&scratch, size);
    struct text rest = {exact, size};
    struct command c;
    enum err e = ERR_OK;
    for (size_t n = 0; e == ERR_OK || e == ERR_BAD_REQUEST; n++) {
        must(n <= lines);
        e = command_next(&rest, &scratch, &c);
        if (e == ERR_OK)
            check(&c);
        must(e != ERR_BAD_REQUEST || c.field.len > 0);
    }
    must(e == ERR_NOT_FOUND || e == ERR_MALFORMED);
    buf_fini(&scratch);
    free(exact);
    return 0;
}
