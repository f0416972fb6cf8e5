/* Guards: shared bytes live exactly as long as somebody holds them, whoever lets go last. */
#include "base/frame.h"

#include "fault.h"
#include "unit.h"

#include <pthread.h>

static void a_frame_is_a_copy_of_its_pieces(void)
{
    char bytes[] = "body";
    struct frame *f = frame_join(TEXT("head "), (struct text){bytes, 4});
    bytes[0] = 'X';
    CU_ASSERT_TRUE(text_is(frame_bytes(f), TEXT("head body")));
    CU_ASSERT_PTR_NULL(frame_unref(f));
    f = frame_new(TEXT_NONE);
    CHECK_INT(frame_bytes(f).len, 0);
    frame_unref(f);
    CU_ASSERT_PTR_NULL(frame_unref(NULL));
    fault_at(1);
    CU_ASSERT_PTR_NULL(frame_new(TEXT("x")));
    CU_ASSERT_TRUE(fault_end());
}

#define ROUNDS 2000

static void *hold_and_let_go(void *arg)
{
    struct frame *f = arg;
    for (int i = 0; i < ROUNDS; i++) {
        struct frame *mine = frame_ref(f);
        if (!text_is(frame_bytes(mine), TEXT("shared")))
            return f;
        frame_unref(mine);
    }
    frame_unref(f); /* the reference it was given */
    return NULL;
}

/* Four threads hold and let go; the last one frees (asan sees too early and never, tsan sees unordered). */
static void references_are_counted_across_threads(void)
{
    pthread_t threads[4];
    struct frame *f = frame_new(TEXT("shared"));
    for (int i = 0; i < 4; i++)
        CHECK_INT(pthread_create(&threads[i], NULL, hold_and_let_go, frame_ref(f)), 0);
    frame_unref(f);
    for (int i = 0; i < 4; i++) {
        void *wrong = NULL;
        CHECK_INT(pthread_join(threads[i], &wrong), 0);
        CU_ASSERT_PTR_NULL(wrong);
    }
}

UNIT("base/frame", CASE(a_frame_is_a_copy_of_its_pieces),
     CASE(references_are_counted_across_threads))
