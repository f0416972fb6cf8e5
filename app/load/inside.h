/* inside: one run of the generator, as its own files see it.
 *
 * A member is a line that speaks the protocol: it connects with its token, subscribes to its room, answers pings, and
 * gives what comes to the workload. Each workload is a struct play: its calls for what members do, and its round.
 * thread: one, for everything. */
#ifndef SNUG_LOAD_INSIDE_H
#define SNUG_LOAD_INSIDE_H

#include "base/bar.h"
#include "load/heard.h"
#include "load/histogram.h"
#include "load/line.h"
#include "load/login.h"
#include "load/report.h"

#define MEMBER_FIRST_ID 3 /* of commands after connect (1) and subscribe (2) */
#define ENTERING_MAX 64   /* members that come in at once */
#define PATIENCE_NS (INT64_C(15) * 1000000000)

enum member_step {
    MEMBER_AWAY,
    MEMBER_OPENING, /* TCP, TLS, upgrade */
    MEMBER_CONNECTING,
    MEMBER_SUBSCRIBING,
    MEMBER_READY,
    MEMBER_LEAVING,
};

struct member {
    struct line line; /* the first: one is the other */
    uint32_t number;  /* its place in load.members */
    uint32_t user;    /* whose token it has */
    uint32_t room;
    uint8_t step;     /* enum member_step */
    int64_t began_ns; /* when it started to come in */
};

struct load;

/* What a workload does when something happens. NULL: nothing. A member may be left or dropped in all of them, and may enter
 * again outside of `gone`. */
struct play {
    bool subscribes; /* members have a room */
    void (*ready)(struct load *l, struct member *m);
    void (*message)(struct load *l, struct member *m, struct text line);
    void (*reply)(struct load *l, struct member *m, const struct heard *a, struct text line);
    void (*gone)(struct load *l, struct member *m, enum member_step was);
    /* What it counts, until it is over; where it could not be done, l->error says why. */
    void (*round)(struct load *l);
};

extern const struct play traffic_play, storm_play, idle_play, posts_play;

struct load {
    struct load_options o;
    const struct play *play;
    struct lines lines;
    struct login login;
    struct figures f;
    struct member *members; /* owned; members_count of them */
    size_t members_count, up;
    uint16_t run;
    int64_t epoch_ns; /* time in marks counts from here */
    int64_t now_ns;   /* of this turn */
    int64_t moved_ns; /* when a member last came in or could not */
    int timer;
    bool stdin_watched, stdin_said, stdin_ended;
    struct bar bar;     /* on the terminal, see progress_show */
    void *round;        /* the workload's own, while its round lasts */
    struct buf command; /* the one that is being written */
    struct buf body;    /* a message with a place for its mark */
    size_t body_mark_at;
    char error[LOAD_ERROR_SIZE];
};

/* ---- loop: waiting */

/* errors: ERR_IO */
MUST_USE enum err loop_open(struct load *l);
void loop_close(struct load *l);

/* From now on a turn lasts no longer than until the next of `rate` messages a second is due, or 0.2 ms. */
void loop_at_rate(struct load *l, int64_t rate);

/* Waits for what comes, does it, and says what time it is (l->now_ns). */
void loop_turn(struct load *l);

/* How often SIGINT or SIGTERM came. */
int loop_interrupts(void);

/* Waits for a line, or the end, of stdin (--wait). */
void loop_wait_for_line(struct load *l);

/* ---- member */

void member_owner(struct load *l, struct line_owner *out);
void member_enter(struct load *l, struct member *m, uint32_t user, uint32_t room);

/* Everybody in, a few at once. False: not everybody; l->error says so. */
bool members_enter(struct load *l);

/* Ends what is left: politely, for a moment. */
void members_leave(struct load *l);

/* Sends a command, or in plain a message. */
bool member_send(struct load *l, struct member *m, struct text text);

#define ROOM_NAME_SIZE 128
void room_name(const struct load *l, uint32_t room, char out[ROOM_NAME_SIZE]);

/* ---- progress: the bar on stderr, if that is a terminal. `part` of `whole`; whole 0: it is not known. */
void progress_show(struct load *l, const char *what, int64_t part, int64_t whole);

#endif
