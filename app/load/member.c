#include "base/env.h"
#include "base/must.h"
#include "load/inside.h"
#include "wire/json.h"

#include <stdio.h>
#include <stdlib.h>

#define LEAVING_NS (INT64_C(2) * 1000000000)

void room_name(const struct load *l, uint32_t room, char out[ROOM_NAME_SIZE])
{
    if (l->o.plain)
        (void)snprintf(out, ROOM_NAME_SIZE, "%u", room);
    else
        (void)snprintf(out, ROOM_NAME_SIZE, "%s%04x-%u", l->o.channel ? l->o.channel : "load-",
                       l->run, room);
}

bool member_send(struct load *l, struct member *m, struct text text)
{
    return line_send(&l->lines, &m->line, text);
}

/* ---- coming in */

void member_enter(struct load *l, struct member *m, uint32_t user, uint32_t room)
{
    const char *why;
    m->user = user;
    m->room = room;
    m->began_ns = env_nanoseconds();
    m->step = MEMBER_OPENING;
    if (lines_start(&l->lines, &m->line, &why))
        return;
    m->step = MEMBER_AWAY;
    l->moved_ns = l->now_ns;
    trouble_add(&l->f.trouble, "%s", why);
    l->f.failed++;
    if (l->play->gone)
        l->play->gone(l, m, MEMBER_OPENING);
}

static void ready(struct load *l, struct member *m)
{
    m->step = MEMBER_READY;
    l->up++;
    l->moved_ns = l->now_ns;
    if (l->play->ready)
        l->play->ready(l, m);
}

/* Sends l->command, or says why not. */
static void send_command(struct load *l, struct member *m)
{
    if (l->command.err == ERR_OK)
        (void)member_send(l, m, buf_text(&l->command)); /* it fails: the line ends soon */
}

static void add_subscribe(struct load *l, const struct member *m)
{
    char name[ROOM_NAME_SIZE];
    room_name(l, m->room, name);
    buf_add_format(&l->command, "\n{\"id\":2,\"subscribe\":{\"channel\":\"%s\"}}", name);
}

/* Both commands go in one message, as the protocol's own client for browsers sends them. */
static void opened(void *ctx, struct line *line)
{
    struct load *l = ctx;
    struct member *m = (struct member *)line;
    if (l->o.plain) {
        ready(l, m);
        return;
    }
    buf_clear(&l->command);
    buf_add_text(&l->command, TEXT("{\"id\":1,\"connect\":{\"name\":\"snug-load\""));
    if (login_has(&l->login)) {
        buf_add_text(&l->command, TEXT(",\"token\":\""));
        if (login_token(&l->login, m->user, &l->command) != ERR_OK)
            trouble_add(&l->f.trouble, "a token could not be signed");
        buf_add_text(&l->command, TEXT("\""));
    }
    buf_add_text(&l->command, TEXT("}}"));
    if (l->play->subscribes)
        add_subscribe(l, m);
    m->step = MEMBER_CONNECTING;
    send_command(l, m);
}

static void end(struct load *l, struct member *m)
{
    enum member_step was = (enum member_step)m->step;
    m->step = MEMBER_AWAY;
    l->moved_ns = l->now_ns;
    if (was == MEMBER_READY)
        l->up--;
    if (was == MEMBER_READY)
        l->f.closed++;
    else if (was != MEMBER_LEAVING)
        l->f.failed++;
    if (l->play->gone)
        l->play->gone(l, m, was);
}

/* An error on the way in. */
static void refused(struct load *l, struct member *m, const char *what, const struct heard *a)
{
    trouble_error(&l->f.trouble, what, a);
    line_drop(&l->lines, &m->line);
    end(l, m);
}

static void reply(struct load *l, struct member *m, const struct heard *a, struct text line)
{
    if (m->step == MEMBER_CONNECTING && a->id == 1) {
        if (a->error_code)
            refused(l, m, "connect", a);
        else if (l->play->subscribes)
            m->step = MEMBER_SUBSCRIBING;
        else
            ready(l, m);
    } else if (m->step == MEMBER_SUBSCRIBING && a->id == 2) {
        if (a->error_code)
            refused(l, m, "subscribe", a);
        else
            ready(l, m);
    } else if (l->play->reply) {
        l->play->reply(l, m, a, line);
    }
}

static void take_line(struct load *l, struct member *m, struct text line)
{
    struct heard a;
    heard_read(line, &a);
    switch (a.kind) {
    case HEARD_PUSH:
        if (l->play->message)
            l->play->message(l, m, line);
        break;
    case HEARD_PING:
        (void)member_send(l, m, TEXT("{}"));
        break;
    case HEARD_REPLY:
        reply(l, m, &a, line);
        break;
    case HEARD_BAD:
        trouble_add(&l->f.trouble, "the server sent what is not of the protocol: %.*s",
                    (int)(line.len < 60 ? line.len : 60), line.data);
        break;
    }
}

static void message(void *ctx, struct line *line, struct text payload)
{
    struct load *l = ctx;
    struct member *m = (struct member *)line;
    struct text part;
    uint64_t before = l->f.received;
    if (l->o.plain) {
        if (l->play->message)
            l->play->message(l, m, payload);
    } else {
        while (m->line.state == LINE_OPEN && text_split(&payload, '\n', &part))
            if (part.len > 0)
                take_line(l, m, part);
    }
    l->f.frames += l->f.received > before;
}

static void ended(void *ctx, struct line *line, const char *why)
{
    struct load *l = ctx;
    if (why)
        trouble_add(&l->f.trouble, "%s", why);
    end(l, (struct member *)line);
}

/* The room's number in the URL of a plain line. */
static void room_path(void *ctx, struct line *line, char out[LINE_ROOM_SIZE])
{
    struct load *l = ctx;
    if (l->o.plain)
        (void)snprintf(out, LINE_ROOM_SIZE, "%u", ((struct member *)line)->room);
    else
        out[0] = 0;
}

void member_owner(struct load *l, struct line_owner *out)
{
    *out = (struct line_owner){l, room_path, opened, message, ended};
}

/* ---- all of them */

bool members_enter(struct load *l)
{
    uint32_t rooms = (uint32_t)l->o.rooms;
    size_t next = 0;
    l->now_ns = l->moved_ns = env_nanoseconds();
    while (l->up + l->f.failed + l->f.closed < l->members_count && loop_interrupts() == 0) {
        for (; next < l->members_count && next - l->up - l->f.failed - l->f.closed < ENTERING_MAX;
             next++)
            member_enter(l, &l->members[next], (uint32_t)next, (uint32_t)next % rooms);
        loop_turn(l);
        progress_show(l, "connecting", (int64_t)l->up, (int64_t)l->members_count);
        if (l->now_ns - l->moved_ns > PATIENCE_NS) {
            trouble_add(&l->f.trouble, "no answer for 15 s while connecting");
            break;
        }
    }
    if (l->up == l->members_count)
        return true;
    (void)snprintf(l->error, sizeof l->error, "Only %zu of %zu connections came up.", l->up,
                   l->members_count);
    return false;
}

void members_leave(struct load *l)
{
    size_t left = 0;
    for (size_t i = 0; i < l->members_count; i++) {
        struct member *m = &l->members[i];
        if (m->step == MEMBER_READY) {
            m->step = MEMBER_LEAVING;
            line_leave(&l->lines, &m->line);
            l->up--;
        }
        left += m->step == MEMBER_LEAVING;
    }
    int64_t until_ns = env_nanoseconds() + LEAVING_NS;
    l->now_ns = 0;
    while (left > 0 && l->now_ns < until_ns && loop_interrupts() < 2) {
        loop_turn(l);
        left = 0;
        for (size_t i = 0; i < l->members_count; i++)
            left += l->members[i].step == MEMBER_LEAVING;
    }
    for (size_t i = 0; i < l->members_count; i++)
        line_drop(&l->lines, &l->members[i].line);
}
