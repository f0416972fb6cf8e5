#include "load/load.h"

#include "base/env.h"
#include "load/inside.h"
#include "load/mark.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#define DESCRIPTORS_BESIDES 16
#define COMMAND_MAX LINE_MESSAGE_MAX

static int64_t cpu_ns(void)
{
    struct rusage u;
    if (getrusage(RUSAGE_SELF, &u) != 0)
        return 0;
    return ((int64_t)u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1000000000 +
           ((int64_t)u.ru_utime.tv_usec + u.ru_stime.tv_usec) * 1000;
}

/* As many descriptors as there may be. False: too few, error says how many are needed. */
static bool raise_limit(struct load *l)
{
    struct rlimit limit;
    rlim_t needed = l->members_count + DESCRIPTORS_BESIDES;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return true; /* opening will tell */
    limit.rlim_cur = limit.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_max >= needed)
        return true;
    (void)snprintf(l->error, sizeof l->error,
                   "%zu connections need %llu open files, and this process may have %llu (ulimit "
                   "-Hn).",
                   l->members_count, (unsigned long long)needed,
                   (unsigned long long)limit.rlim_max);
    return false;
}

void progress_show(struct load *l, const char *what, int64_t part, int64_t whole)
{
    l->bar.word = what;
    bar_show_at(&l->bar, l->now_ns / 1000000, part, whole);
}

static const struct play *play_of(enum load_kind kind)
{
    static const struct play *const plays[] = {
        [LOAD_TRAFFIC] = &traffic_play,
        [LOAD_STORM] = &storm_play,
        [LOAD_IDLE] = &idle_play,
        [LOAD_POSTS] = &posts_play,
    };
    return plays[kind];
}

static enum err prepare(struct load *l)
{
    struct line_owner owner;
    member_owner(l, &owner);
    l->play = play_of(l->o.workload->kind);
    l->members_count =
        (size_t)(l->o.workload->kind == LOAD_STORM ? l->o.in_flight : l->o.connections);
    buf_init(&l->command, COMMAND_MAX);
    buf_init(&l->body, COMMAND_MAX);
    mark_body(&l->body, (size_t)l->o.size, &l->body_mark_at);
    env_random(&env_real, &l->run, sizeof l->run);
    l->epoch_ns = env_nanoseconds();
    if (!raise_limit(l))
        return ERR_LIMIT;
    l->members = calloc(l->members_count, sizeof *l->members);
    enum err e = l->members && l->body.err == ERR_OK ? ERR_OK : ERR_NOMEM;
    for (size_t i = 0; e == ERR_OK && i < l->members_count; i++)
        l->members[i].number = (uint32_t)i;
    if (e == ERR_OK)
        e = lines_open(&l->lines, &l->o, &owner, l->error);
    if (e == ERR_OK)
        e = loop_open(l);
    if (e != ERR_OK && !l->error[0])
        (void)snprintf(l->error, sizeof l->error, "%s", err_text(e));
    return e;
}

/* What the lines count, less what they had counted before. */
static void count_lines(struct load *l, const struct lines *before)
{
    l->f.compressed = l->lines.compressed_in - before->compressed_in;
    l->f.bytes_in = l->lines.bytes_in - before->bytes_in;
    l->f.bytes_out = l->lines.bytes_out - before->bytes_out;
}

/* False: it was to be done and could not be; l->error says why. */
static bool look(struct load *l, struct look *out)
{
    struct text key = buf_text(&l->login.api_key);
    return key.len == 0 || look_ask(&l->lines, key, out, l->error, sizeof l->error) == ERR_OK;
}

static void run(struct load *l)
{
    int64_t begin = env_nanoseconds();
    if (l->o.workload->kind != LOAD_STORM && !members_enter(l))
        return;
    l->f.connections = l->up;
    l->f.connect_ns = env_nanoseconds() - begin;
    if (!look(l, &l->f.before))
        return;
    report_up(&l->o, &l->f);
    loop_wait_for_line(l);
    struct lines before = l->lines;
    int64_t cpu = cpu_ns();
    l->play->round(l);
    l->f.cpu_ns = cpu_ns() - cpu;
    count_lines(l, &before);
    l->f.looked = l->login.api_key.len > 0 && look(l, &l->f.after);
}

int load_run(char *const *argv, char *const *environment)
{
    struct load l = {.timer = -1, .lines.epoll = -1, .bar.unit = BAR_SHARE};
    char error[LOAD_ERROR_SIZE] = "";
    enum err e = load_options_read(argv, &l.o, error);
    if (e == ERR_OK && l.o.help) {
        load_options_print();
        return 0;
    }
    if (e == ERR_OK)
        e = login_init(&l.login, &l.o, environment, error);
    if (e != ERR_OK) {
        (void)fprintf(stderr, "snug: %s\n", error);
        login_fini(&l.login);
        return e == ERR_BAD_REQUEST ? 2 : 1;
    }
    e = prepare(&l);
    if (e == ERR_OK)
        run(&l);
    bar_end(&l.bar);
    l.f.interrupted = loop_interrupts() > 0;
    int code = report_done(&l.o, &l.f, l.error);
    if (e == ERR_OK) {
        loop_wait_for_line(&l);
        l.play = &(const struct play){0};
        members_leave(&l);
    }
    loop_close(&l);
    lines_close(&l.lines);
    login_fini(&l.login);
    free(l.members);
    buf_fini(&l.command);
    buf_fini(&l.body);
    return code;
}
