#include "http/admit.h"

#include "base/metrics.h"
#include "http/user_agent.h"
#include "manager/ws_manager.h"

#include <stdio.h>

#define RETRY TEXT("Retry-After: 1\r\n")

/* What can be said without asking anybody. */
static struct refusal check(const struct visit *v)
{
    const struct door_request *r = v->r;
    if (header_count(r, "Origin") > 0 &&
        !origin_allowed(header_get(r, "Origin"), header_get(r, "Host"), v->secure,
                        v->http->options.allowed_origins))
        return (struct refusal){403, "Pages of this origin may not connect.", TEXT_NONE};
    if (metric_get(METRIC_connections) >= (int64_t)v->http->options.connections_max)
        return (struct refusal){503, "There are too many connections.", TEXT("Retry-After: 5\r\n")};
    return (struct refusal){0};
}

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
        return (struct refusal){503, err_text(e), RETRY};
    if (e != ERR_OK)
        u->who = (struct identity){0}; /* a bad cookie is none */
    e = pending_take(v->http->pending, v->address, u->who.user_id, &u->pending);
    if (e != ERR_OK)
        return (struct refusal){503, "Too many connections are open here that do not say connect.",
                                TEXT("Retry-After: 5\r\n")};
    if (u->who.user_id == 0)
        return (struct refusal){0};
    e = get_manager(v, u);
    if (e == ERR_OK)
        return (struct refusal){0};
    u->pending = http_pending_done(u->pending);
    return (struct refusal){503, err_text(e), RETRY};
}

struct refusal admit(struct visit *v, struct http_upgrade *u, bool by_cookie)
{
    struct refusal no = check(v);
    if (no.status == 0)
        no = find_rights(v, u, by_cookie);
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
}
