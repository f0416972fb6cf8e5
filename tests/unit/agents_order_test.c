/* The order of a run's events (S31): sequences, good and bad. */
#include "agents/order.h"
#include "unit.h"

/* A sequence in letters: q s t(hinking) e(xecuting, next id) c(ompleted, of the newest tool) x(the same id again)
 * D(one) F(ailed) S(topped). Returns how many went well. */
static size_t play(const char *letters, struct run_position *p, const char **out_reason)
{
    char id[RUN_ID_SIZE] = "";
    unsigned tools = 0;
    *p = (struct run_position){RUN_NONE, ""};
    for (size_t i = 0; letters[i]; i++) {
        static const char all[] = "qstecDFS";
        const char *letter = strchr(all, letters[i] == 'x' ? 'c' : letters[i]);
        enum run_event event = (enum run_event)(letter - all);
        if (*letter == 'e')
            (void)snprintf(id, sizeof id, "tool%u", ++tools);
        struct text execution = *letter == 'e' || *letter == 'c' ? text_of(id) : TEXT_NONE;
        if (letters[i] == 'x')
            execution = TEXT("another");
        struct run_position before = *p;
        if (run_move(p, event, execution, out_reason) != ERR_OK) {
            CHECK_INT(before.state, p->state); /* a refusal changes nothing */
            CHECK_TEXT(before.execution_id, p->execution_id);
            return i;
        }
    }
    return strlen(letters);
}

static void good_sequences_reach_their_end(void)
{
    static const struct {
        const char *letters;
        enum run_state end;
    } rows[] = {
        {"q", RUN_QUEUED},        {"s", RUN_RUNNING},        {"qs", RUN_RUNNING},
        {"stecD", RUN_COMPLETED}, {"qstecD", RUN_COMPLETED}, {"sttececD", RUN_COMPLETED},
        {"sD", RUN_COMPLETED},    {"sF", RUN_FAILED},        {"stF", RUN_FAILED},
        {"steF", RUN_FAILED},     {"qF", RUN_FAILED},        {"qS", RUN_STOPPED},
        {"stecS", RUN_STOPPED},   {"steS", RUN_STOPPED},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct run_position p;
        const char *reason;
        CHECK_INT(play(rows[i].letters, &p, &reason), strlen(rows[i].letters));
        CHECK_INT(p.state, rows[i].end);
        if (run_is_over(p.state))
            CHECK_TEXT(p.execution_id, "");
    }
}

static void bad_sequences_are_refused_with_a_reason(void)
{
    static const struct {
        const char *letters;
        size_t fails_at;
        const char *reason;
    } rows[] = {
        {"t", 0, "The run has not started."},
        {"D", 0, "The run has not started."},
        {"S", 0, "The run has not started."},
        {"qt", 1, "The run has not started."},
        {"qe", 1, "The run has not started."},
        {"qD", 1, "The run has not started."},
        {"qq", 1, "The run waits already."},
        {"ss", 1, "The run has started already."},
        {"sq", 1, "The run has started already."},
        {"stee", 3, "Another tool is still executing."},
        {"stc", 2, "No tool of that execution_id is executing."},
        {"stex", 3, "No tool of that execution_id is executing."},
        {"stecc", 4, "No tool of that execution_id is executing."},
        {"steD", 3, "A tool is still executing."},
        {"stecDt", 5, "The run is over."},
        {"stecDD", 5, "The run is over."},
        {"stecDF", 5, "The run is over."},
        {"sFS", 2, "The run is over."},
        {"sFc", 2, "The run is over."},
        {"qSs", 2, "The run is over."},
        {"qSe", 2, "The run is over."},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct run_position p;
        const char *reason = NULL;
        CHECK_INT(play(rows[i].letters, &p, &reason), rows[i].fails_at);
        CHECK_TEXT(reason, rows[i].reason);
    }
}

static void a_tool_needs_an_id_that_fits(void)
{
    const char *reason;
    struct run_position p = {RUN_RUNNING, ""};
    CHECK_INT(run_move(&p, EVENT_TOOL_EXECUTING, TEXT_NONE, &reason), ERR_CONFLICT);
    CHECK_TEXT(reason, "A tool needs an execution_id.");
    CHECK_INT(run_move(&p, EVENT_TOOL_EXECUTING, TEXT("123456789012345678901234567"), &reason),
              ERR_CONFLICT); /* 27 characters: one too many */
    CHECK_INT(run_move(&p, EVENT_TOOL_EXECUTING, TEXT("12345678901234567890123456"), &reason),
              ERR_OK);
    CHECK_TEXT(p.execution_id, "12345678901234567890123456");
}

static void states_have_names_and_are_found_by_them(void)
{
    for (enum run_state s = RUN_QUEUED; s < RUN_STATES; s++)
        CHECK_INT(run_state_of(text_of(run_state_name(s))), s);
    CHECK_INT(run_state_of(TEXT("")), RUN_NONE);
    CHECK_INT(run_state_of(TEXT("Queued")), RUN_NONE);
    CHECK_TEXT(run_event_type(EVENT_TOOL_COMPLETED), "tool_completed");
    for (enum run_event event = 0; event < EVENT_COUNT; event++)
        CHECK_INT(run_event_of(text_of(run_event_type(event))), event);
    CHECK_INT(run_event_of(TEXT("agent_writing")), EVENT_COUNT); /* passing: in no stream */
    CHECK_INT(run_event_of(TEXT_NONE), EVENT_COUNT);
}

UNIT("agents/order", CASE(good_sequences_reach_their_end),
     CASE(bad_sequences_are_refused_with_a_reason), CASE(a_tool_needs_an_id_that_fits),
     CASE(states_have_names_and_are_found_by_them))
