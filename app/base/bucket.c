#include "base/bucket.h"

static double spent_at(const struct bucket *b, struct bucket_limit limit, int64_t now_ms)
{
    double spent = b->spent - limit.per_s * (double)(now_ms - b->at_ms) / 1000;
    return spent > 0 ? spent : 0;
}

bool bucket_take(struct bucket *b, struct bucket_limit limit, double cost, int64_t now_ms,
                 int64_t *out_retry_ms)
{
    if (limit.burst <= 0)
        return true;
    double spent = spent_at(b, limit, now_ms);
    double over = spent + cost - limit.burst;
    if (over > 0) {
        if (out_retry_ms) /* the product of small rates is larger than any integer */
            *out_retry_ms = over * 1000 < BUCKET_RETRY_MAX_MS * limit.per_s
                                ? (int64_t)(over * 1000 / limit.per_s) + 1
                                : BUCKET_RETRY_MAX_MS;
        return false;
    }
    b->spent = spent + cost;
    b->at_ms = now_ms;
    return true;
}

double bucket_left(const struct bucket *b, struct bucket_limit limit, int64_t now_ms)
{
    return limit.burst - spent_at(b, limit, now_ms);
}

bool bucket_idle(const struct bucket *b, struct bucket_limit limit, int64_t now_ms)
{
    return spent_at(b, limit, now_ms) <= 0;
}
