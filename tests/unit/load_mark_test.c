/* Guards: a mark comes back as it was written, whatever stands around it, and nothing else is taken for one. */
#include "load/mark.h"
#include "unit.h"

static const struct mark full = {0xfedc, MARK_SENDERS_MAX, 0xffffffff, (INT64_C(1) << 48) - 1,
                                 65535};

static void check_mark(const struct mark *got, const struct mark *expected)
{
    CHECK_INT(got->run, expected->run);
    CHECK_INT(got->sender, expected->sender);
    CHECK_INT(got->seq, expected->seq);
    CHECK_INT(got->at_ns, expected->at_ns);
    CHECK_INT(got->slot, expected->slot);
}

static void comes_back_with_its_largest_values(void)
{
    char bytes[MARK_BYTES];
    struct mark got;
    mark_write(bytes, &full);
    struct text rest = {bytes, sizeof bytes};
    CU_ASSERT(mark_find(&rest, &got));
    check_mark(&got, &full);
    CHECK_INT(rest.len, 0);
    CU_ASSERT(!mark_find(&rest, &got));
}

/* Two marks in one line, with letters around them that could begin one. */
static void is_found_among_others(void)
{
    struct mark first = {1, 2, 3, 4, 5}, got;
    char line[MARK_BYTES * 2 + 8];
    memset(line, '~', sizeof line);
    mark_write(line + 3, &first);
    mark_write(line + 6 + MARK_BYTES, &full);
    struct text rest = {line, sizeof line};
    CU_ASSERT(mark_find(&rest, &got));
    check_mark(&got, &first);
    CU_ASSERT(mark_find(&rest, &got));
    check_mark(&got, &full);
    CU_ASSERT(!mark_find(&rest, &got));
}

/* Every single byte changed to one that cannot stand there, and every length that is too short. */
static void is_nothing_when_a_byte_is_wrong(void)
{
    char bytes[MARK_BYTES];
    struct mark got;
    mark_write(bytes, &full);
    for (size_t i = 0; i < MARK_BYTES; i++) {
        char was = bytes[i];
        bytes[i] = 'g';
        struct text rest = {bytes, sizeof bytes};
        CU_ASSERT(!mark_find(&rest, &got));
        bytes[i] = was;
        struct text cut = {bytes, i};
        CU_ASSERT(!mark_find(&cut, &got));
    }
}

static void a_body_has_the_size_that_was_asked_for(void)
{
    for (size_t size = 64; size <= 60000; size = size < 200 ? size + 1 : size * 3) {
        struct buf body;
        size_t at = 0;
        struct mark got;
        buf_init(&body, 65536);
        mark_body(&body, size, &at);
        CHECK_INT(body.len, size);
        mark_write(body.data + at, &full);
        struct text rest = buf_text(&body);
        CU_ASSERT(mark_find(&rest, &got));
        check_mark(&got, &full);
        CU_ASSERT(!mark_find(&rest, &got));
        CHECK_INT(body.data[0], '{');
        CHECK_INT(body.data[size - 1], '}');
        buf_fini(&body);
    }
}

UNIT("load/mark", CASE(comes_back_with_its_largest_values), CASE(is_found_among_others),
     CASE(is_nothing_when_a_byte_is_wrong), CASE(a_body_has_the_size_that_was_asked_for))
