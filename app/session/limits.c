/* limits: how often a client may do what: token buckets of its connection, its user, its address. Over one the answer is 111
 * with the time to wait; who goes on all the same is closed, and so is who makes one mistake after the other. */
#include "base/buckets.h"
#include "base/metrics.h"
#include "session/client.h"

#include <stdio.h>

#define REFUSED_MAX 1000
#define FAULTS_MAX 1000
#define WINDOW_MS 10000

static void reply_busy(struct client *c, uint32_t id, const char *what, int64_t retry_ms)
    ON(role_reactor)
{
    char words[100];
    int n = snprintf(words, sizeof words, "%s (retry in %lld ms)", what, (long long)retry_ms);
    client_reply_fault(c, id, ERR_BUSY, (struct text){words, (size_t)n});
}

static void look_at_window(struct client *c) ON(role_reactor)
{
    uint32_t now_ms = (uint32_t)reactor_now_ms(c->pool->reactor);
    if (now_ms - c->window_ms <= WINDOW_MS)
        return;
    c->window_ms = now_ms;
    c->refused = c->faults = 0;
}

/* True: closed, for it was refused too often. */
static bool goes_too_far(struct client *c) ON(role_reactor)
{
    look_at_window(c);
    if (++c->refused < REFUSED_MAX)
        return false;
    client_close(c, CLOSE_too_many_requests);
    return true;
}

void client_count_fault(struct client *c)
{
    look_at_window(c);
    if (++c->faults >= FAULTS_MAX)
        client_close(c, CLOSE_too_many_errors);
}

static void refuse(struct client *c, uint32_t id, const char *what, int64_t retry_ms)
    ON(role_reactor)
{
    if (!goes_too_far(c) && id)
        reply_busy(c, id, what, retry_ms);
}

bool client_may_command(struct client *c, const struct command *cmd)
{
    const struct session_options *o = client_options(c);
    int64_t retry_ms = 0;
    metric_add(METRIC_commands, 1);
    int64_t now_ms = reactor_now_ms(c->pool->reactor);
    if (!bucket_take(&c->commands, o->commands, 1, now_ms, &retry_ms)) {
        metric_add(METRIC_commands_refused, 1);
        refuse(c, cmd->id, "Too many commands.", retry_ms);
        return false;
    }
    c->commands.at_ms = now_ms; /* without a limit too */
    if (buckets_take_of(o->address_commands, c->address, 1, &retry_ms))
        return true;
    metric_add(METRIC_address_commands_refused, 1);
    refuse(c, cmd->id, "Too many commands from this address.", retry_ms);
    return false;
}

bool client_may_send(struct client *c, const struct command *cmd)
{
    int64_t retry_ms = 0;
    if (client_user(c).len == 0 ||
        buckets_take(client_options(c)->publishes, client_user(c), 1, &retry_ms))
        return true;
    metric_add(METRIC_publishes_refused, 1);
    refuse(c, cmd->id, "Too many publications.", retry_ms);
    return false;
}

bool client_may_connect(struct client *c, struct text user)
{
    int64_t retry_ms = 0;
    if (user.len == 0 || buckets_take(client_options(c)->connects, user, 1, &retry_ms))
        return true;
    metric_add(METRIC_connects_refused, 1);
    reply_busy(c, c->welcome->id, "This user connects too often.", retry_ms);
    return false;
}
