/* Guards: strangers hold a bounded number of sockets, an address and in all (S41). */
#include "http/http.h"
#include "http/pending.h"
#include "unit.h"

static void an_address_has_its_bound_and_gets_places_back(void)
{
    struct pending_pool *p = pending_pool_new(&env_real, 2);
    struct http_pending *a, *b, *c;
    CHECK_INT(pending_take(p, "192.0.2.1", 0, &a), ERR_OK);
    CHECK_INT(pending_take(p, "192.0.2.1", 0, &b), ERR_OK);
    CHECK_INT(pending_take(p, "192.0.2.1", 0, &c), ERR_LIMIT);
    CHECK_INT(pending_take(p, "192.0.2.2", 0, &c), ERR_OK); /* another one is not disturbed */
    http_pending_done(a);
    CHECK_INT(pending_take(p, "192.0.2.1", 0, &a), ERR_OK);
    http_pending_done(a);
    http_pending_done(b);
    http_pending_done(c);
    CU_ASSERT_PTR_NULL(http_pending_done(NULL));
    pending_pool_free(p);
}

static void all_addresses_together_have_a_bound(void)
{
    static struct http_pending *places[PENDING_ALL_MAX];
    struct pending_pool *p = pending_pool_new(&env_real, 4);
    for (unsigned i = 0; i < PENDING_ALL_MAX; i++) {
        char address[32];
        (void)snprintf(address, sizeof address, "2001:db8::%x", i / 4);
        CHECK_INT(pending_take(p, address, 0, &places[i]), ERR_OK);
    }
    struct http_pending *one;
    CHECK_INT(pending_take(p, "192.0.2.1", 0, &one), ERR_LIMIT);
    CHECK_INT(pending_take(p, "192.0.2.1", 7, &one),
              ERR_OK); /* people are not kept out by strangers */
    http_pending_done(one);
    for (unsigned i = 0; i < PENDING_ALL_MAX; i++)
        http_pending_done(places[i]);
    CHECK_INT(pending_take(p, "192.0.2.1", 0, &one), ERR_OK);
    http_pending_done(one);
    pending_pool_free(p);
}

static void a_person_has_the_same_bound_wherever_from_and_no_other(void)
{
    struct pending_pool *p = pending_pool_new(&env_real, 2);
    struct http_pending *a, *b, *c, *d;
    CHECK_INT(pending_take(p, "192.0.2.1", 7, &a), ERR_OK);
    CHECK_INT(pending_take(p, "192.0.2.2", 7, &b), ERR_OK);
    CHECK_INT(pending_take(p, "192.0.2.3", 7, &c), ERR_LIMIT);
    CHECK_INT(pending_take(p, "192.0.2.1", 8, &c), ERR_OK);
    CHECK_INT(pending_take(p, "192.0.2.1", 0, &d), ERR_OK);
    http_pending_done(a);
    CHECK_INT(pending_take(p, "192.0.2.3", 7, &a), ERR_OK);
    http_pending_done(a);
    http_pending_done(b);
    http_pending_done(c);
    http_pending_done(d);
    pending_pool_free(p);
}

/* The sessions end after the door: the last place that comes back frees the pool (leaks and misuse: asan). */
static void places_may_come_back_after_the_pool_was_freed(void)
{
    struct pending_pool *p = pending_pool_new(&env_real, 2);
    struct http_pending *a, *b;
    CHECK_INT(pending_take(p, "192.0.2.1", 0, &a), ERR_OK);
    CHECK_INT(pending_take(p, "192.0.2.2", 0, &b), ERR_OK);
    CU_ASSERT_PTR_NULL(pending_pool_free(p));
    http_pending_done(b);
    http_pending_done(a);
}

UNIT("http/pending", CASE(an_address_has_its_bound_and_gets_places_back),
     CASE(all_addresses_together_have_a_bound),
     CASE(a_person_has_the_same_bound_wherever_from_and_no_other),
     CASE(places_may_come_back_after_the_pool_was_freed))
