/* Guards: an outbox keeps order and its byte budget, shares frames, and owns no memory when it is empty. */
#include "net/outbox.h"

#include "fault.h"
#include "unit.h"

static struct frame *frame_of(const char *bytes)
{
    return frame_new(text_of(bytes));
}

#define BUDGET 10000

static void push(struct outbox *o, const char *bytes) ON(role_reactor)
{
    struct frame *f = frame_of(bytes);
    CHECK_INT(outbox_push(o, BUDGET, f), ERR_OK);
    frame_unref(f);
}

/* The unsent bytes, joined through iovecs. */
static const char *unsent(const struct outbox *o) ON(role_reactor)
{
    static char joined[4096];
    struct iovec pieces[200];
    size_t len = 0;
    int n = outbox_pieces(o, pieces, 200);
    for (int i = 0; i < n; i++) {
        memcpy(joined + len, pieces[i].iov_base, pieces[i].iov_len);
        len += pieces[i].iov_len;
    }
    joined[len] = 0;
    return joined;
}

static void refuses_the_frame_that_passes_the_budget(void)
{
    role_enter(&role_reactor);
    struct outbox o = {0};
    struct frame *hello = frame_of("hello");
    CHECK_INT(outbox_push(&o, 9, hello), ERR_OK);
    CHECK_INT(outbox_push(&o, 9, hello), ERR_LIMIT); /* 5 + 5 > 9 */
    CHECK_INT(o.bytes, 5);                           /* a refusal changes nothing */
    CHECK_INT(o.count, 1);
    struct frame *four = frame_of("four");
    CHECK_INT(outbox_push(&o, 9, four), ERR_OK); /* 5 + 4 == 9: exactly the budget */
    frame_unref(four);
    CHECK_INT(o.bytes, 9);
    CHECK_TEXT(unsent(&o), "hellofour");
    outbox_sent(&o, 1); /* what is sent makes room again */
    push(&o, "x");
    CHECK_TEXT(unsent(&o), "ellofourx");
    CHECK_INT(o.peak_bytes, 9);
    outbox_fini(&o);
    frame_unref(hello);
    role_leave(&role_reactor);
}

/* Every way to send 26 bytes in two pieces leaves the right rest. */
static void forgets_exactly_what_was_sent(void)
{
    role_enter(&role_reactor);
    static const char all[] = "abcdefghijklmnopqrstuvwxyz";
    for (size_t sent = 0; sent <= 26; sent++) {
        struct outbox o = {0};
        push(&o, "abc");
        push(&o, "d");
        push(&o, "efghijklmno");
        push(&o, "pqrstuvwxyz");
        outbox_sent(&o, sent);
        CHECK_TEXT(unsent(&o), all + sent);
        CHECK_INT(o.bytes, 26 - sent);
        outbox_sent(&o, 26 - sent);
        CHECK_TEXT(unsent(&o), "");
        CU_ASSERT_PTR_NULL(o.frames); /* empty: owns nothing */
        outbox_fini(&o);
    }
    role_leave(&role_reactor);
}

/* The ring turns round and grows while it holds frames: 300 frames, two in, one out. */
static void keeps_order_while_the_ring_turns_and_grows(void)
{
    role_enter(&role_reactor);
    struct outbox o = {0};
    unsigned next_in = 0, next_out = 0;
    while (next_in < 300) {
        char four[8];
        for (int i = 0; i < 2; i++) {
            (void)snprintf(four, sizeof four, "%04u", next_in++);
            push(&o, four);
        }
        struct iovec front;
        CHECK_INT(outbox_pieces(&o, &front, 1), 1);
        (void)snprintf(four, sizeof four, "%04u", next_out++);
        CU_ASSERT_EQUAL(memcmp(front.iov_base, four, 4), 0);
        outbox_sent(&o, 4);
    }
    CHECK_INT(o.count, 150);
    outbox_fini(&o);
    role_leave(&role_reactor);
}

static void copies_the_front_up_to_the_room_given(void)
{
    role_enter(&role_reactor);
    struct outbox o = {0};
    char out[16] = "";
    push(&o, "hello");
    push(&o, "world");
    outbox_sent(&o, 2);
    CHECK_INT(outbox_copy(&o, out, 5), 5);
    CU_ASSERT_EQUAL(memcmp(out, "llowo", 5), 0);
    CHECK_INT(outbox_copy(&o, out, sizeof out), 8);
    CU_ASSERT_EQUAL(memcmp(out, "lloworld", 8), 0);
    outbox_fini(&o);
    role_leave(&role_reactor);
}

/* A frame that has begun to leave must be finished, or the peer would read nonsense. */
static void dropping_keeps_only_what_has_begun(void)
{
    role_enter(&role_reactor);
    struct outbox o = {0};
    push(&o, "hello");
    push(&o, "world");
    outbox_sent(&o, 2);
    outbox_drop(&o, 4);
    CHECK_TEXT(unsent(&o), "lloworld");
    outbox_drop(&o, 3);
    CHECK_TEXT(unsent(&o), "llo");
    CHECK_INT(o.bytes, 3);
    outbox_sent(&o, 3);
    push(&o, "again");
    outbox_drop(&o, 0); /* not begun: nothing stays */
    CHECK_TEXT(unsent(&o), "");
    CU_ASSERT_PTR_NULL(o.frames);
    outbox_fini(&o);
    role_leave(&role_reactor);
}

static void an_empty_frame_takes_no_place(void)
{
    role_enter(&role_reactor);
    struct outbox o = {0};
    push(&o, "");
    CHECK_INT(o.count, 0);
    CU_ASSERT_PTR_NULL(o.frames);
    outbox_fini(&o);
    role_leave(&role_reactor);
}

static void no_memory_is_an_answer_and_changes_nothing(void)
{
    role_enter(&role_reactor);
    struct outbox o = {0};
    struct frame *f = frame_of("x");
    for (int i = 0; i < 4; i++)
        push(&o, "y");
    fault_at(1); /* the fifth needs a larger ring */
    CHECK_INT(outbox_push(&o, BUDGET, f), ERR_NOMEM);
    CU_ASSERT_TRUE(fault_end());
    CHECK_TEXT(unsent(&o), "yyyy");
    CHECK_INT(outbox_push(&o, BUDGET, f), ERR_OK);
    CHECK_TEXT(unsent(&o), "yyyyx");
    outbox_fini(&o);
    frame_unref(f);
    role_leave(&role_reactor);
}

UNIT("net/outbox", CASE(refuses_the_frame_that_passes_the_budget),
     CASE(forgets_exactly_what_was_sent), CASE(keeps_order_while_the_ring_turns_and_grows),
     CASE(copies_the_front_up_to_the_room_given), CASE(dropping_keeps_only_what_has_begun),
     CASE(an_empty_frame_takes_no_place), CASE(no_memory_is_an_answer_and_changes_nothing))
