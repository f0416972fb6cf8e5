#include "http/gate_inside.h"

#include "base/metrics.h"

#include <stdlib.h>

#define HASH_NONFATAL_OOM 1
#define uthash_nonfatal_oom(place) ((place)->taken = 0)
#include <uthash.h>

#define ADDRESS_MAX 1024U            /* where nothing else was said */
#define BYTES_MIN ((size_t)64 << 20) /* that may wait at least; half of it of one address */
#define SMALL_BYTES 4096             /* has room always: most requests have no body */
#define SILENT_MS 1000               /* who says nothing for so long may make room for others */

struct gate_address {
    UT_hash_handle hh;
    unsigned char key[16]; /* IPv4 mapped; of an IPv6 address the first half: who has one has all */
    unsigned taken;
    size_t bytes;
};

static void key_of(const union gate_name *peer, unsigned char key[16])
{
    (void)memset(key, 0, 16);
    if (peer->any.sa_family == AF_INET6 && !IN6_IS_ADDR_V4MAPPED(&peer->v6.sin6_addr)) {
        (void)memcpy(key, &peer->v6.sin6_addr, 8);
        return;
    }
    const unsigned char *v4 = peer->any.sa_family == AF_INET6
                                  ? peer->v6.sin6_addr.s6_addr + 12
                                  : (const unsigned char *)&peer->v4.sin_addr;
    key[10] = key[11] = 0xff;
    (void)memcpy(key + 12, v4, 4);
}

/* A proxy on this machine brings everybody's connections. */
static bool is_own(const union gate_name *peer)
{
    if (peer->any.sa_family == AF_INET6 && IN6_IS_ADDR_LOOPBACK(&peer->v6.sin6_addr))
        return true;
    unsigned char key[16];
    key_of(peer, key);
    return key[10] == 0xff && key[11] == 0xff && key[12] == 127;
}

static unsigned address_max(const struct gate *g, const union gate_name *peer)
{
    if (g->options.address_max > 0)
        return g->options.address_max;
    return is_own(peer) ? UINT32_MAX : ADDRESS_MAX;
}

/* NULL: no memory. */
/* NOLINTNEXTLINE(readability-function-size): the macros of uthash */
static struct gate_address *address_get(struct gate *g, const union gate_name *peer)
    CLANG(requires_capability(g->lock))
{
    unsigned char key[16];
    struct gate_address *a;
    key_of(peer, key);
    uint32_t hash = (uint32_t)hash_of(&g->key, (struct text){(const char *)key, sizeof key});
    HASH_FIND_BYHASHVALUE(hh, g->addresses, key, sizeof key, hash, a);
    if (a)
        return a;
    a = calloc(1, sizeof *a);
    if (!a)
        return NULL;
    (void)memcpy(a->key, key, sizeof key);
    a->taken = 1;
    HASH_ADD_BYHASHVALUE(hh, g->addresses, key, sizeof key, hash, a);
    if (a->taken == 0) { /* the map found no memory */
        free(a);
        return NULL;
    }
    a->taken = 0;
    return a;
}

enum gate_refusal gate_count(struct gate *g, struct gate_conn *c)
{
    enum gate_refusal no = GATE_TAKEN;
    mutex_lock(&g->lock);
    struct gate_address *a = NULL;
    if (g->total >= g->options.waiting_max)
        no = GATE_FULL;
    else if (!(a = address_get(g, &c->peer)))
        no = GATE_NO_MEMORY;
    else if (a->taken >= address_max(g, &c->peer))
        no = GATE_ADDRESS_FULL; /* it has some, so it stays */
    if (no == GATE_TAKEN) {
        a->taken++;
        g->total++;
        metric_add(METRIC_http_waiting, 1);
        c->address = a;
        gate_place(g, c, GATE_HEAD);
    }
    mutex_unlock(&g->lock);
    return no;
}

void gate_uncount(struct gate *g, struct gate_conn *c)
{
    struct gate_address *a = c->address;
    g->refused -= c->refused;
    if (!a)
        return;
    metric_add(METRIC_http_waiting, -1);
    g->total--;
    g->bytes -= c->charged;
    a->bytes -= c->charged;
    c->charged = 0;
    c->address = NULL;
    if (--a->taken > 0)
        return;
    HASH_DEL(g->addresses, a);
    free(a);
}

/* At least four bodies have room, whatever they may be. */
static size_t bytes_max(const struct gate *g)
{
    size_t wanted = 4 * g->options.rules.body_max;
    return wanted > BYTES_MIN ? wanted : BYTES_MIN;
}

bool gate_charge(struct gate *g, struct gate_conn *c, size_t bytes)
{
    struct gate_address *a = c->address;
    mutex_lock(&g->lock);
    size_t all = g->bytes - c->charged + bytes;
    size_t theirs = a ? a->bytes - c->charged + bytes : 0;
    bool fits = bytes <= c->charged || bytes <= SMALL_BYTES ||
                (all <= bytes_max(g) && (theirs <= bytes_max(g) / 2 || is_own(&c->peer)));
    if (fits) {
        g->bytes = all;
        if (a)
            a->bytes = theirs;
        c->charged = bytes;
    }
    mutex_unlock(&g->lock);
    return fits;
}

bool gate_make_room(struct gate *g)
{
    mutex_lock(&g->lock);
    struct gate_conn *c = g->lists[GATE_IDLE].first;
    struct gate_conn *silent = g->lists[GATE_HEAD].first;
    if (!c && silent && silent->until_ms - g->options.head_ms + SILENT_MS <= g->now_ms)
        c = silent;
    mutex_unlock(&g->lock);
    if (!c)
        return false;
    metric_add(METRIC_http_evicted, 1);
    gate_end(g, c);
    return true;
}
