/* snug_limits: token buckets of users and addresses, the same for all their connections and on all doors. */
#include "base/metrics.h"
#include "snug_inside.h"

enum err limits_open(struct snug *s)
{
    const struct snug_options *o = &s->options;
    const struct {
        struct buckets **table;
        struct bucket_limit limit;
    } rows[] = {
        {&s->sends, {o->sends_burst, o->sends_per_s}},
        {&s->publishes, {o->publishes_burst, o->publishes_per_s}},
        {&s->connects, {o->connects_burst, o->connects_per_s}},
        {&s->address_commands, {o->address_commands_burst, o->address_commands_per_s}},
        {&s->address_sends, {o->address_sends_burst, o->address_sends_per_s}},
    };
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (!(*rows[i].table = buckets_new(&env_real, rows[i].limit)))
            return ERR_NOMEM;
    return ERR_OK;
}

void limits_close(struct snug *s)
{
    s->sends = buckets_free(s->sends);
    s->publishes = buckets_free(s->publishes);
    s->connects = buckets_free(s->connects);
    s->address_commands = buckets_free(s->address_commands);
    s->address_sends = buckets_free(s->address_sends);
}

bool limits_may_spend(void *snug, const struct actor *actor, unsigned cost, int64_t *out_retry_ms)
{
    struct snug *s = snug;
    if (cost == 0 || actor->user_id == 0)
        return true;
    struct text user = {(const char *)&actor->user_id, sizeof actor->user_id};
    if (!buckets_take(s->sends, user, cost, out_retry_ms)) {
        metric_add(METRIC_sends_refused, 1);
        return false;
    }
    uint64_t address = buckets_address(s->address_sends, text_of(actor->address));
    if (buckets_take_of(s->address_sends, address, cost, out_retry_ms))
        return true;
    metric_add(METRIC_address_sends_refused, 1);
    return false;
}
