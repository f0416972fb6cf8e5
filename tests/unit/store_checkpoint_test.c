/* When the log is copied, and when it must not be. */
#include "store/checkpoint.h"
#include "unit.h"

#define PAGES_100 (100 * (int64_t)WAL_PAGE_BYTES)

static void a_log_is_copied_once_it_passes_its_bound(void)
{
    struct checkpoint_plan p = {.checkpoint_bytes = PAGES_100};
    CU_ASSERT_FALSE(checkpoint_is_due(&p, 0, 0, true));
    CU_ASSERT_FALSE(checkpoint_is_due(&p, 0, 100, true)); /* at the bound */
    CU_ASSERT_TRUE(checkpoint_is_due(&p, 0, 101, false));
}

/* The WAL-reset bug: the writer begins a log again that is copied whole, a second copy at that moment loses its pages. */
static void a_log_that_is_copied_whole_is_never_begun(void)
{
    struct checkpoint_plan p = {.checkpoint_bytes = PAGES_100, .tried = 150, .copied = 150};
    CU_ASSERT_FALSE(checkpoint_is_due(&p, 0, 150, true));
    CU_ASSERT_TRUE(
        checkpoint_is_due(&p, 0, 151, true)); /* one page more: cannot be begun again meanwhile */

    CU_ASSERT_FALSE(checkpoint_is_due(&p, 1, 100, true)); /* begun again, short */
    CHECK_INT(p.copied, 0);
    CU_ASSERT_TRUE(checkpoint_is_due(&p, 1, 150, false)); /* as long as the old one, but another */
}

static void a_log_that_a_read_holds_is_tried_now_and_then(void)
{
    struct checkpoint_plan p = {.checkpoint_bytes = PAGES_100, .tried = 150, .copied = 10};
    CU_ASSERT_FALSE(checkpoint_is_due(&p, 0, 174, false)); /* 24 pages more */
    CU_ASSERT_TRUE(checkpoint_is_due(&p, 0, 175, false));  /* a quarter of the bound */
    CU_ASSERT_TRUE(checkpoint_is_due(&p, 0, 150, true));   /* a moment later */
}

UNIT("store/checkpoint", CASE(a_log_is_copied_once_it_passes_its_bound),
     CASE(a_log_that_is_copied_whole_is_never_begun),
     CASE(a_log_that_a_read_holds_is_tried_now_and_then))
