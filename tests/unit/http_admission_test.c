/* S51, S47, S49. Guards: one place counts who comes in; one address never takes the others' places; what is given back is
 * free again; refusing spends nothing. */
#include "fault.h"
#include "given_clock.h"
#include "http/admission.h"
#include "http/http.h"
#include "unit.h"

#include <stdio.h>

#define OPEN_MAX_HERE 64

static struct http_place *held[OPEN_MAX_HERE];
static unsigned held_count;
static int64_t retry_ms;

static enum refusal_kind come(struct admission *a, const char *address)
{
    struct http_place *p = NULL;
    enum refusal_kind kind = admission_take(a, address, &p, &retry_ms);
    if (kind == ADMITTED)
        held[held_count++] = p;
    return kind;
}

/* How many of `tries` come in. */
static unsigned come_all(struct admission *a, const char *address, unsigned tries)
{
    unsigned n = 0;
    for (unsigned i = 0; i < tries; i++)
        n += come(a, address) == ADMITTED;
    return n;
}

static void all_leave(void)
{
    while (held_count > 0)
        http_place_leave(held[--held_count]);
}

static struct admission_options some(void)
{
    return (struct admission_options){.env = &env, .connections_max = OPEN_MAX_HERE};
}

static void sockets_in_all_have_a_bound(void)
{
    struct admission_options o = some();
    o.connections_max = 3;
    struct admission *a = admission_new(&o);
    CHECK_INT(come(a, "10.0.0.1"), ADMITTED);
    CHECK_INT(come(a, "10.0.0.2"), ADMITTED);
    CHECK_INT(come(a, "127.0.0.1"), ADMITTED);
    CHECK_INT(come(a, "127.0.0.1"), REFUSAL_connections);
    CHECK_INT(come(a, "10.0.0.3"), REFUSAL_connections);
    http_place_leave(held[--held_count]);
    CHECK_INT(come(a, "10.0.0.3"), ADMITTED);
    all_leave();
    CHECK_INT(come_all(a, "10.0.0.1", 10), 3);
    all_leave();
    admission_free(a);
}

static void sockets_of_an_address_have_one_too(void)
{
    struct admission_options o = some();
    o.address_connections_max = 2;
    struct admission *a = admission_new(&o);
    CHECK_INT(come_all(a, "2001:db8::1", 2), 2);
    CHECK_INT(come(a, "2001:db8::ffff"), REFUSAL_address_connections); /* the same household */
    CHECK_INT(come(a, "2001:db8:1::1"), ADMITTED);
    CHECK_INT(come_all(a, "127.0.0.1", 5), 5); /* a proxy that says nothing: everybody */
    http_place_leave(held[0]);
    held[0] = held[--held_count];
    CHECK_INT(come(a, "2001:db8::ffff"), ADMITTED);
    all_leave();
    admission_free(a);
}

static void an_address_comes_so_often_and_no_more(void)
{
    struct admission_options o = some();
    o.address = (struct bucket_limit){5, 2};
    struct admission *a = admission_new(&o);
    CHECK_INT(come_all(a, "10.0.0.1", 20), 5);
    CHECK_INT(come(a, "10.0.0.1"), REFUSAL_address_rate);
    CHECK_INT(retry_ms, 501);
    CHECK_INT(come_all(a, "10.0.0.2", 20), 5); /* another is not slowed */
    now_ms += 1000;
    CHECK_INT(come_all(a, "10.0.0.1", 20), 2);
    all_leave();
    admission_free(a);
}

/* 8 a second: one address has 2 of them for sure and takes more only as long as half are free; the others come in. */
static void a_flood_leaves_places_to_others(void)
{
    struct admission_options o = some();
    o.per_s = 8;
    struct admission *a = admission_new(&o);
    CHECK_INT(come_all(a, "10.0.0.1", 100), 4);
    CHECK_INT(come(a, "10.0.0.1"), REFUSAL_rate);
    CU_ASSERT(retry_ms > 0 && retry_ms <= 1000);
    CHECK_INT(come_all(a, "10.0.0.2", 100), 2);
    CHECK_INT(come(a, "10.0.0.3"), ADMITTED);
    CHECK_INT(come(a, "10.0.0.4"), ADMITTED);
    CHECK_INT(come(a, "10.0.0.5"), REFUSAL_rate); /* 8 have come */
    now_ms += 1000;
    CHECK_INT(come_all(a, "127.0.0.1", 100), 8); /* of this machine: not one address */
    all_leave();
    admission_free(a);
}

static void the_level_goes_before_all(void)
{
    struct level_state level = {0};
    struct admission_options o = some();
    o.level = &level;
    o.per_s = 1;
    struct admission *a = admission_new(&o);
    level_report(&level, REASON_disk_full, true, 0);
    CHECK_INT(come(a, "10.0.0.1"), ADMITTED); /* who is read-only reads */
    now_ms += 1000;
    level_report(&level, REASON_memory, true, now_ms);
    CHECK_INT(come(a, "10.0.0.1"), REFUSAL_level);
    level_report(&level, REASON_memory, false, now_ms + 5000);
    CHECK_INT(come(a, "10.0.0.1"), ADMITTED); /* being refused took no place of the second */
    all_leave();
    admission_free(a);
}

static void places_outlive_the_door(void)
{
    struct admission_options o = some();
    struct admission *a = admission_new(&o);
    CHECK_INT(come_all(a, "10.0.0.1", 2), 2);
    CHECK_INT(come(a, "10.0.0.2"), ADMITTED);
    CU_ASSERT_PTR_NULL(admission_free(a));
    all_leave(); /* the last one frees it */
    CU_ASSERT_PTR_NULL(admission_free(NULL));
    CU_ASSERT_PTR_NULL(http_place_leave(NULL));
}

static void no_memory_is_a_refusal(void)
{
    struct admission_options o = some();
    o.per_s = 8;
    o.address = (struct bucket_limit){5, 2};
    struct admission *a = NULL;
    for (unsigned n = 1;; n++) {
        fault_at(n);
        a = admission_new(&o);
        if (!fault_end())
            break;
        CU_ASSERT_PTR_NULL(a);
    }
    for (unsigned n = 1;; n++) {
        fault_at(n);
        enum refusal_kind kind = come(a, "10.0.0.1");
        if (!fault_end())
            break;
        CHECK_INT(kind, REFUSAL_unavailable);
    }
    all_leave();
    admission_free(a);
}

UNIT("http/admission", CASE(sockets_in_all_have_a_bound), CASE(sockets_of_an_address_have_one_too),
     CASE(an_address_comes_so_often_and_no_more), CASE(a_flood_leaves_places_to_others),
     CASE(the_level_goes_before_all), CASE(places_outlive_the_door), CASE(no_memory_is_a_refusal))
