/* S33. Guards: what everybody is told is told once to each who is connected, in its form, and to those that a full mailbox
 * left out when it is said again. */
#include "session_world.h"

#define LEVEL TEXT("{\"type\":\"level\",\"level\":\"shedding\"}")

static void nothing(void *subject, void *object, uint64_t number)
{
    (void)subject;
    (void)object;
    (void)number;
}

static void everybody_who_is_connected_is_told_once(void)
{
    struct session_world w;
    session_world_open(&w, 1 << 20, 100);
    int known = far_open(&w, 1), stranger = far_open(&w, 0);
    CHECK_HAS(far_ask(&w, known, "{\"id\":1,\"connect\":{}}"), "\"connect\"");
    CHECK_INT(sessions_tell(w.sessions, 1, LEVEL), ERR_OK);
    session_world_turn(&w);
    CHECK_TEXT(far_hear(known),
               "{\"push\":{\"message\":{\"data\":{\"type\":\"level\",\"level\":\"shedding\"}}}}\n");
    CHECK_TEXT(far_hear(stranger), ""); /* its welcome will say it */
    CHECK_INT(sessions_tell(w.sessions, 1, LEVEL), ERR_OK);
    session_world_turn(&w);
    CHECK_TEXT(far_hear(known), "");
    CHECK_INT(sessions_tell(w.sessions, 2, TEXT("2")), ERR_OK);
    session_world_turn(&w);
    CHECK_HAS(far_hear(known), "\"data\":2");
    (void)close(known);
    (void)close(stranger);
    session_world_turn(&w);
    session_world_close(&w);
}

static void a_full_mailbox_is_tried_again(void)
{
    struct session_world w;
    session_world_open(&w, 1 << 20, 100);
    int fd = far_open(&w, 1);
    CHECK_HAS(far_ask(&w, fd, "{\"id\":1,\"connect\":{}}"), "\"connect\"");
    while (reactor_post(w.reactor, nothing, NULL, NULL, 0) == ERR_OK)
        continue;
    CHECK_INT(sessions_tell(w.sessions, 1, LEVEL), ERR_BUSY);
    session_world_turn(&w);
    CHECK_TEXT(far_hear(fd), "");
    CHECK_INT(sessions_tell(w.sessions, 1, LEVEL), ERR_OK);
    session_world_turn(&w);
    CHECK_HAS(far_hear(fd), "shedding");
    (void)close(fd);
    session_world_turn(&w);
    session_world_close(&w);
}

static void what_is_too_long_is_told_nobody(void)
{
    static char longer[80000];
    struct session_world w;
    session_world_open(&w, 1 << 20, 100);
    memset(longer, '1', sizeof longer);
    CHECK_INT(sessions_tell(w.sessions, 1, (struct text){longer, sizeof longer}), ERR_LIMIT);
    session_world_turn(&w);
    session_world_close(&w);
}

UNIT("session/tell", CASE(everybody_who_is_connected_is_told_once),
     CASE(a_full_mailbox_is_tried_again), CASE(what_is_too_long_is_told_nobody))
