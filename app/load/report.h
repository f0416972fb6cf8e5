/* report: the figures of a run, what they mean, as a table for people or as JSON.
 *
 * JSON is one object a line on stdout, and these names stay:
 *   phase          "up": all connections are there, the round begins; "done": it is over, all is counted
 *   workload, dialect, url, tls, deflate, size, rate, in_flight, rooms: what was asked for
 *   connections    those that are up
 *   connect_s      from the first connect() to the last one being up
 * and with "done":
 *   ok             the round counts;  why: the sentence if not, else ""
 *   seconds        from its beginning to the last message (storm: log-in; posts: acknowledgement)
 *   sent, expected, received   messages: sent, to be delivered by that, delivered; all of storm's log-ins are `received`,
 *                  posts': acknowledged, and found when they were read back
 *   lost, doubled, out_of_order, stray (of another run or room), refused (by an error reply), unsent (by us),
 *                  retried (posts: the server asked for it, and was asked again with the same key)
 *   failed, closed connections that did not come up, and that ended by themselves
 *   sent_per_s, received_per_s
 *   p50_us, p90_us, p99_us, max_us   from sending to each receiver (storm: a log-in; posts: to the acknowledgement)
 *   frames, messages_per_frame   WebSocket messages that brought some, and how many each;  compressed   compressed ones of any kind
 *   bytes_in, bytes_out
 *   cpu_s          this program's own, in the round (posts: with reading back);  late_max_us: how late it was with what was due, at most
 *   server_...     the names of look.def, with --api-key-env, where the server says so
 *   interrupted    by a signal
 *   trouble        [{what, count}]; what was seen besides
 * Figures that a workload does not have are 0. */
#ifndef SNUG_LOAD_REPORT_H
#define SNUG_LOAD_REPORT_H

#include "load/histogram.h"
#include "load/look.h"
#include "load/options.h"
#include "load/trouble.h"

struct figures {
    uint64_t connections; /* up when the round began */
    int64_t connect_ns, round_ns;
    uint64_t sent, expected, received, lost, doubled, out_of_order, stray, refused, unsent, retried;
    uint64_t failed, closed;
    uint64_t frames, compressed, bytes_in, bytes_out;
    int64_t cpu_ns, late_max_ns;
    bool interrupted, looked;
    struct look before, after; /* if looked */
    struct histogram latency;
    struct trouble trouble;
};

static inline double figures_s(int64_t ns)
{
    return (double)ns / 1e9;
}

static inline double figures_per_s(uint64_t n, int64_t ns)
{
    return ns > 0 ? (double)n / figures_s(ns) : 0;
}

static inline double figures_per_frame(const struct figures *f)
{
    return f->frames > 0 ? (double)f->received / (double)f->frames : 0;
}

#define REPORT_WHY_SIZE 400

/* True if the round counts: something was done, all of it came once and in order, and nobody was lost.
 * out: else the sentence that says why not */
bool report_judge(const struct load_options *o, const struct figures *f, char why[REPORT_WHY_SIZE]);

/* All connections are up. */
void report_up(const struct load_options *o, const struct figures *f);

/* The end. `error`: why there was no round, or "". Returns the program's exit code. */
int report_done(const struct load_options *o, const struct figures *f, const char *error);

#endif
