/* Any bytes as a request that comes in pieces: where it ends does not depend on how it was cut, and nothing is looked at
 * that has not come. The first byte says how long the pieces are. */
#include "base/must.h"
#include "http/request_end.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct request_rules rules = {.head_max = 256, .body_max = 64, .quick_path = "/ws"};

static enum request_state look(struct request_end *end, const uint8_t *data, size_t size)
{
    char *exact = malloc(size ? size : 1);
    must(exact);
    if (size > 0)
        memcpy(exact, data, size);
    enum request_state state = request_end_look(end, &rules, (struct text){exact, size});
    must(end->at <= size && end->head <= size && end->head <= rules.head_max);
    must(!end->body_came || state == REQUEST_WHOLE);
    free(exact);
    return state;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    size_t piece = (size_t)data[0] + 1, came = 0;
    data++;
    size--;
    struct request_end slow = {0}, once = {0};
    enum request_state state = REQUEST_MORE;
    while (state == REQUEST_MORE && came < size) {
        came = size - came < piece ? size : came + piece;
        state = look(&slow, data, came);
    }
    must(look(&once, data, came) == state);
    must(once.body_came == slow.body_came && once.quick == slow.quick &&
         once.expects == slow.expects && once.head == slow.head);
    must(state != REQUEST_MORE || came < 2 * (rules.head_max + rules.body_max));
    return 0;
}
