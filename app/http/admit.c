#include "http/admit.h"

#include "base/level.h"
#include "base/metrics.h"
#include "http/user_agent.h"
#include "manager/ws_manager.h"

#include <stdio.h>

/* ---- refusing */

static const struct {
    int status;
    unsigned retry_s;
    enum metric counter;
    const char *words;
} refusals[REFUSAL_COUNT] = {
#define REFUSAL(name, status, retry_s, words) {status, retry_s, METRIC_refused_##name, words},
#include "http/refusals.def"
#undef REFUSAL
};

/* retry_ms 0: as the table says; words NULL: those of the table. */
static struct refusal refuse(struct visit *v, enum refusal_kind kind, int64_t retry_ms,
                             const char *words)
{
    struct refusal no = {refusals[kind].status, words ? words : refusals[kind].words, TEXT_NONE};
    int64_t retry_s = retry_ms > 0 ? (retry_ms + 999) / 1000 : refusals[kind].retry_s;
    if (retry_s > 0) {
        int n = snprintf(v->retry, sizeof v->retry, "Retry-After: %lld\r\n", (long long)retry_s);
        no.more = (struct text){v->retry, (size_t)n};
    }
    metric_add(refusals[kind].counter, 1);
    return no;
}

/* What can be said without asking anybody. Where nothing is refused a place is held. */
ON(role_http) static struct refusal check(struct visit *v, struct http_upgrade *u)
{
    const struct door_request *r = v->r;
    if (header_count(r, "Origin") > 0 &&
        !origin_allowed(header_get(r, "Origin"), header_get(r, "Host"), v->secure,
                        v->http->options.allowed_origins))
        return refuse(v, REFUSAL_origin, 0, NULL);
    int64_t retry_ms = 0;
    enum refusal_kind kind = admission_take(v->http->admission, v->address, &u->place, &retry_ms);
    if (kind == ADMITTED)
        return (struct refusal){0};
    const char *why = kind == REFUSAL_level ? level_words(v->http->options.level) : "";
    return refuse(v, kind, retry_ms, why[0] ? why : NULL);
}

/* ---- who comes */

/* In slices, so that a check that hangs does not keep the server from stopping; it is not run then, if it only waits. */
ON(role_http)
static enum err wait_for_manager(struct visit *v, struct ws_manager_future *f,
                                 struct http_upgrade *u)
{
    int64_t until_ms = env_monotonic_ms(&env_real) + v->http->options.call_deadline_ms;
    for (;;) {
        int64_t left_ms = until_ms - env_monotonic_ms(&env_real);
        int64_t wait_ms = left_ms < WAIT_SLICE_MS ? left_ms : WAIT_SLICE_MS;
        int64_t slice_ms = env_monotonic_ms(&env_real) + wait_ms;
        enum err e = ws_manager_future_wait(f, wait_ms, &u->manager);
        if (e != ERR_TIMEOUT || left_ms <= WAIT_SLICE_MS || env_monotonic_ms(&env_real) < slice_ms)
            return e;
        if (visit_gives_up(v)) {
            (void)ws_manager_future_cancel(f);
            return ERR_CLOSED;
        }
    }
}

ON(role_http) static enum err get_manager(struct visit *v, struct http_upgrade *u)
{
    char id[24];
    int len = snprintf(id, sizeof id, "%lld", (long long)u->who.user_id);
    struct ws_manager_future *f = NULL;
    enum err e = ws_manager_get_async(v->http->options.registry, (struct text){id, (size_t)len},
                                      WS_MODE_UNIFIED, NULL, &f);
    if (e != ERR_OK)
        return e;
    e = wait_for_manager(v, f, u);
    ws_manager_future_unref(f);
    return e;
}

ON(role_http)
static struct refusal find_rights(struct visit *v, struct http_upgrade *u, bool by_cookie)
{
    enum err e = by_cookie ? who_has_cookie(v, &u->who) : ERR_OK;
    if (e != ERR_OK && err_status(e) != 401)
        return refuse(v, REFUSAL_unavailable, 0, err_text(e));
    if (e != ERR_OK)
        u->who = (struct identity){0}; /* a bad cookie is none */
    e = pending_take(v->http->pending, v->address, u->who.user_id, &u->pending);
    if (e != ERR_OK)
        return refuse(v, REFUSAL_waiting, 0, NULL);
    if (u->who.user_id == 0)
        return (struct refusal){0};
    e = get_manager(v, u);
    if (e == ERR_OK)
        return (struct refusal){0};
    u->pending = http_pending_done(u->pending);
    return refuse(v, REFUSAL_unavailable, 0, err_text(e));
}

struct refusal admit(struct visit *v, struct http_upgrade *u, bool by_cookie)
{
    struct refusal no = check(v, u);
    if (no.status == 0)
        no = find_rights(v, u, by_cookie);
    if (no.status != 0)
        u->place = http_place_leave(u->place);
    if (no.status == 0) {
        text_copy(u->address, sizeof u->address, text_of(v->address));
        user_agent_words(header_get(v->r, "User-Agent"), u->client, sizeof u->client);
        u->secure = v->secure;
    }
    return no;
}

void admit_undo(struct http_upgrade *u)
{
    ws_manager_unref(u->manager);
    http_pending_done(u->pending);
    http_place_leave(u->place);
}
