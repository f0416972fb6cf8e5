/* agents_place: the chat place with the agents in it. Runs go on by themselves; a test waits for what is on disk.
 *
 * Included by one file of a program. */
#ifndef SNUG_TESTS_AGENTS_PLACE_H
#define SNUG_TESTS_AGENTS_PLACE_H

#include "agents/agents.h"
#include "base/must.h"
#include "chat_place.h"

#define NOOK 1
#define QUEUE_MAX 3 /* runs that wait in a room, here */
#define DEADLINE_MS INT64_C(60000)

struct house {
    struct place w;
    struct agents *agents;
};

static const char *house_figures =
    "{\"connections\":4,\"users\":3,\"messages\":12,\"messages_lost\":0,"
    "\"messages_doubled\":0,\"closes_1011\":0,\"ack_ms_p50\":1.5,"
    "\"ack_ms_p99\":8,\"rss_bytes\":14200000,"
    "\"disk_used_bytes\":3100000,\"disk_free_bytes\":20000000000}";

static inline void house_now(void *ctx, struct buf *out)
{
    (void)ctx;
    buf_add_text(out, text_of(house_figures));
}

static inline void house_agents(struct house *h)
{
    struct agents_options options = {
        .env = &h->w.p->env,
        .store = h->w.p->store,
        .chat = h->w.chat,
        .hub = (struct hub *)h, /* never looked into */
        .registry = (struct ws_registry *)h,
        .tasks = h->w.p->tasks,
        .deadline_ms = DEADLINE_MS,
        .queue_max = QUEUE_MAX,
        .server_now = house_now,
    };
    must(agents_new(&options, &h->agents) == ERR_OK);
    method_table_add(&h->w.p->table, agents_methods(h->agents));
}

static inline struct house house_new(void)
{
    struct house h = {.w = place_new()};
    house_agents(&h);
    must(agents_start(h.agents) == ERR_OK);
    return h;
}

static inline void house_close(struct house *h)
{
    agents_stop(h->agents);
    place_close(&h->w);
    h->agents = agents_free(h->agents);
}

/* Opened again on the same data, as after a stop or a crash; the agents do not run yet. */
static inline void house_reopen_quiet(struct house *h)
{
    house_close(h);
    product_open(h->w.p);
    place_open_chat(&h->w);
    house_agents(h);
}

static inline void house_reopen(struct house *h)
{
    house_reopen_quiet(h);
    must(agents_start(h->agents) == ERR_OK);
}

static inline void house_free(struct house *h)
{
    house_close(h);
    product_free(h->w.p);
    pub_clear();
}

static inline void house_sql(struct house *h, const char *sql)
{
    must(test_sql(h->w.p->store, sql) == ERR_OK);
}

/* One value from the file itself. */
static inline const char *house_look(struct house *h, const char *sql)
{
    static char out[4][64];
    static unsigned turn;
    char *here = out[turn++ % 4];
    must(test_look(h->w.p->folder.path, sql, here));
    return here;
}

/* Waits until the query gives that value. Each look is a read of the file: it waits by working. */
static inline void house_wait(struct house *h, const char *sql, const char *value)
{
    int64_t until_ms = test_now_ms() + PATIENCE_MS;
    char last[64] = "";
    while (test_now_ms() < until_ms) {
        must(test_look(h->w.p->folder.path, sql, last));
        if (strcmp(last, value) == 0)
            return;
        agents_tick(h->agents);
        place_settle(&h->w);
    }
    (void)fprintf(stderr, "never %s, but %s: %s\n", value, last, sql);
    must(strcmp(last, value) == 0);
}

/* What was sent has its run, none is open any more, and what their last steps do after the commit is done too. */
static inline void house_wait_all(struct house *h)
{
    place_settle(&h->w); /* a mention's run begins in a job after that of its message */
    house_wait(h, "SELECT count(*) FROM run WHERE state IN ('queued', 'running')", "0");
    place_settle(&h->w);
}

/* run.start as somebody; the run's id, or "" with the error in *out_err. */
static inline const char *house_start(struct house *h, const struct actor *who, int64_t room,
                                      const char *text, enum err *out_err)
{
    struct answer_got *got = product_call(h->w.p, who, "run.start",
                                          "{\"room\":\"%lld\",\"agent\":\"nook\",\"text\":\"%s\"}",
                                          (long long)room, text);
    *out_err = got->err;
    return got->err == ERR_OK ? got_text(got, "run_id") : "";
}

/* Both readers stand still: tools cannot read. */
struct standstill {
    struct gate gates[2];
};

static inline void house_hold(struct house *h, struct standstill *s)
{
    gate_close(&s->gates[0], reader_submit, h->w.p->store);
    gate_close(&s->gates[1], reader_submit, h->w.p->store);
}

static inline void house_release(struct standstill *s)
{
    gate_open(&s->gates[0]);
    gate_open(&s->gates[1]);
    gate_fini(&s->gates[0]);
    gate_fini(&s->gates[1]);
}

/* The types of a run's stored events in order, "agent_started agent_thinking ..."; and of the message that holds its answer. */
static inline const char *house_events(const char *run_id)
{
    static char out[512];
    char id[RUN_ID_SIZE]; /* run_id may be json_look's */
    text_copy(id, sizeof id, text_of(run_id));
    out[0] = 0;
    (void)pthread_mutex_lock(&pub_lock);
    for (size_t i = 0; i < pub_count; i++) {
        const struct heard *p = &pub_list[i];
        if (p->kind != PUB_STREAM || (strcmp(json_look(p->data, "run_id"), id) != 0 &&
                                      strcmp(json_look(p->data, "message.run_id"), id) != 0))
            continue;
        size_t len = strlen(out);
        (void)snprintf(out + len, sizeof out - len, "%s%s", len ? " " : "",
                       json_look(p->data, "type"));
    }
    (void)pthread_mutex_unlock(&pub_lock);
    return out;
}

#define WHOLE_RUN                                                                                  \
    "agent_started agent_thinking tool_executing tool_completed agent_completed message_created"

#endif
