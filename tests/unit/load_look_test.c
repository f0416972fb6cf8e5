/* Guards: the server's figures are read from its metrics, and what it does not say is not made up. */
#include "load/look.h"
#include "unit.h"

static void figures_are_found_by_their_whole_name(void)
{
    struct look l;
    look_read(TEXT("# HELP snug_rss_bytes Resident memory\n"
                   "snug_rss_bytes 44077056\n"
                   "snug_rss_bytes_more 1\n"
                   "snug_deliveries_total 12\r\n"
                   "snug_closes_slow_total\n"
                   "snug_commands_refused_total 1.5\n"),
              &l);
    CHECK_INT(l.values[LOOK_rss_bytes], 44077056);
    CHECK_INT(l.values[LOOK_deliveries], 12);
    CHECK_INT(l.values[LOOK_slow], -1);
    CHECK_INT(l.values[LOOK_refused], -1);
    look_read(TEXT_NONE, &l);
    CHECK_INT(l.values[LOOK_rss_bytes], -1);
}

/* Memory is what it is now, counters what they grew by; one that fell is of a server that started again. */
static void change_is_now_or_since(void)
{
    struct look before = {{0}}, after = {{0}};
    before.values[LOOK_rss_bytes] = 50;
    after.values[LOOK_rss_bytes] = 40;
    CHECK_INT(look_change(&before, &after, LOOK_rss_bytes), 40);
    before.values[LOOK_slow] = 3;
    after.values[LOOK_slow] = 5;
    CHECK_INT(look_change(&before, &after, LOOK_slow), 2);
    CHECK_INT(look_change(&after, &before, LOOK_slow), -1);
    before.values[LOOK_slow] = -1;
    CHECK_INT(look_change(&before, &after, LOOK_slow), -1);
}

UNIT("load/look", CASE(figures_are_found_by_their_whole_name), CASE(change_is_now_or_since))
