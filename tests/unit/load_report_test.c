/* Guards: a round counts only if something came, all of it, once and in order, and nobody was lost on the way. */
#include "load/report.h"
#include "unit.h"

static const struct load_workload fan = {"fan", LOAD_TRAFFIC, 1, 1, 1, 0, 1, ""};
static const struct load_workload idle = {"idle", LOAD_IDLE, 1, 1, 0, 0, 1, ""};
static const struct load_options options = {.workload = &fan};
static char why[REPORT_WHY_SIZE];

static struct figures good(void)
{
    return (struct figures){.connections = 2, .sent = 5, .expected = 10, .received = 10};
}

static void a_good_round_counts(void)
{
    struct figures f = good();
    CU_ASSERT(report_judge(&options, &f, why));
    CHECK_TEXT(why, "");
}

static void each_fault_says_what_it_is(void)
{
    static const struct {
        size_t at;
        const char *words;
    } faults[] = {
        {offsetof(struct figures, failed), "3 connections could not be made."},
        {offsetof(struct figures, closed), "3 connections ended by themselves."},
        {offsetof(struct figures, lost), "3 lost."},
        {offsetof(struct figures, doubled), "3 doubled."},
        {offsetof(struct figures, out_of_order), "3 out of order."},
        {offsetof(struct figures, stray), "3 that were for somebody else."},
        {offsetof(struct figures, refused), "3 refused."},
        {offsetof(struct figures, unsent), "3 could not be sent: the server does not read."},
    };
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        struct figures f = good();
        *(uint64_t *)((char *)&f + faults[i].at) = 3;
        CU_ASSERT(!report_judge(&options, &f, why));
        CHECK_TEXT(why, faults[i].words);
    }
}

static void nothing_and_too_much_do_not_count(void)
{
    struct figures f = {0};
    CU_ASSERT(!report_judge(&options, &f, why));
    CHECK_TEXT(why, "nothing came.");
    f = good();
    f.received = 11;
    CU_ASSERT(!report_judge(&options, &f, why));
    CHECK_TEXT(why, "11 came instead of 10.");
    f = good();
    trouble_add(&f.trouble, "the server %s", "sneezed\n");
    CU_ASSERT(!report_judge(&options, &f, why));
    CHECK_TEXT(why, "the server sneezed?.");
}

static void silence_is_what_idle_wants(void)
{
    struct load_options o = {.workload = &idle};
    struct figures f = {.connections = 3};
    CU_ASSERT(report_judge(&o, &f, why));
    f.closed = 1;
    CU_ASSERT(!report_judge(&o, &f, why));
}

/* Sixteen kinds of trouble are told apart, what comes then is counted together. */
static void trouble_is_bounded(void)
{
    static struct trouble t;
    for (int round = 0; round < 2; round++)
        for (int i = 0; i < 20; i++)
            trouble_add(&t, "kind %d", i);
    CHECK_INT(t.kinds_count, TROUBLE_KINDS_MAX + 1);
    CHECK_INT(t.total, 40);
    CHECK_INT(t.kinds[0].count, 2);
    CHECK_TEXT(t.kinds[15].what, "kind 15");
    CHECK_TEXT(t.kinds[16].what, "something else");
    CHECK_INT(t.kinds[16].count, 8);
}

UNIT("load/report", CASE(a_good_round_counts), CASE(each_fault_says_what_it_is),
     CASE(nothing_and_too_much_do_not_count), CASE(silence_is_what_idle_wants),
     CASE(trouble_is_bounded))
