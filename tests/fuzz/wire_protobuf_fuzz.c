/* Any bytes as a binary message of a client: a Command that is taken is good JSON of bounded length, and command_next
 * takes it or refuses it. The same bytes as what the server says: Replies that can be taken apart again, or nothing. */
#include "wire/protobuf.h"

#include "base/must.h"
#include "wire/command.h"
#include "wire/json.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_command(struct text json, struct buf *scratch)
{
    must(json_valid(json, JSON_DEPTH_MAX) && json.data[0] == '{');
    struct command c;
    enum err e = command_next(&json, scratch, &c);
    must(e == ERR_OK || e == ERR_BAD_REQUEST || e == ERR_MALFORMED);
    must(e == ERR_MALFORMED || json.len == 0);
}

static void check_commands(struct text message)
{
    struct buf json, scratch;
    buf_init(&json, 10 * message.len + 2);
    buf_init(&scratch, json.cap_bytes);
    enum err e = ERR_OK;
    while (e == ERR_OK) {
        struct text before = message;
        buf_clear(&json);
        e = protobuf_command(&message, &json);
        if (e == ERR_OK)
            check_command(buf_text(&json), &scratch);
        must(e == ERR_OK ? message.len < before.len : message.len == before.len && json.len == 0);
    }
    must(e == (message.len == 0 ? ERR_NOT_FOUND : ERR_MALFORMED));
    buf_fini(&json);
    buf_fini(&scratch);
}

static void check_replies(struct text json, bool data_is_text)
{
    struct buf replies, again;
    buf_init(&replies, 4 * json.len + 16);
    buf_init(&again, 40 * json.len + 160);
    enum err e = protobuf_reply(json, data_is_text, &replies);
    must(e == ERR_OK || (e == ERR_INTERNAL && replies.len == 0));
    struct text rest = buf_text(&replies);
    /* A Reply is no Command, but its length is in the same place. */
    for (e = ERR_OK; e == ERR_OK;)
        e = protobuf_command(&rest, &again);
    must(e == ERR_NOT_FOUND || e == ERR_MALFORMED);
    buf_fini(&replies);
    buf_fini(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *exact = malloc(size ? size : 1);
    must(exact);
    if (size)
        memcpy(exact, data, size);
    struct text message = {exact, size};
    struct protobuf_emulation emulation;
    check_commands(message);
    check_replies(message, false);
    check_replies(message, true);
    if (protobuf_emulation(message, &emulation) == ERR_OK)
        check_commands(emulation.data);
    free(exact);
    return 0;
}
