/* Guards: what POST /emulation brings is taken exactly as it came, or refused by the name of the member; no allocation
 * that fails is a success. */
#include "http/emulation.h"

#include "fault.h"
#include "unit.h"

#define GOOD "{\"session\":\"s1\",\"node\":\"n1\",\"data\":\"{}\\n{}\"}"

static enum err read_once(struct text body, struct emulation *m, size_t data_max_bytes)
{
    emulation_init(m, data_max_bytes);
    return emulation_read(body, m);
}

static void members_come_decoded_in_any_order(void)
{
    static const char *const bodies[] = {
        GOOD,
        " \n" GOOD "\r\n",
        "{\"node\":\"n1\",\"data\":\"{}\\n{}\",\"x\":[{}],\"session\":\"\\u00731\"}",
    };
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        struct emulation m;
        CHECK_INT(read_once(text_of(bodies[i]), &m, 5), ERR_OK);
        CU_ASSERT(text_is(buf_text(&m.session), TEXT("s1")));
        CU_ASSERT(text_is(buf_text(&m.node), TEXT("n1")));
        CU_ASSERT(text_is(buf_text(&m.data), TEXT("{}\n{}")));
        emulation_fini(&m);
    }
}

/* A body that ends too early is none, at whatever byte. */
static void a_part_of_it_is_nothing(void)
{
    struct text whole = TEXT(GOOD);
    for (size_t len = 0; len < whole.len; len++) {
        struct emulation m;
        CHECK_INT(read_once((struct text){whole.data, len}, &m, 5), ERR_BAD_REQUEST);
        CHECK_TEXT(m.words, "The body must be a JSON object with session, node and data.");
        emulation_fini(&m);
    }
}

static void what_is_too_long_is_named(void)
{
    struct emulation m;
    CHECK_INT(read_once(TEXT(GOOD), &m, 4), ERR_LIMIT); /* {}, a line end, {}: 5 */
    CHECK_TEXT(m.words, "data is too long.");
    emulation_fini(&m);
}

static void no_memory_is_told(void)
{
    for (unsigned n = 1;; n++) {
        struct emulation m;
        fault_at(n);
        enum err e = read_once(TEXT(GOOD), &m, 100);
        bool failed = fault_end();
        emulation_fini(&m);
        CHECK_INT(e, failed ? ERR_NOMEM : ERR_OK);
        if (!failed)
            break;
    }
}

UNIT("http/emulation", CASE(members_come_decoded_in_any_order), CASE(a_part_of_it_is_nothing),
     CASE(what_is_too_long_is_named), CASE(no_memory_is_told))
