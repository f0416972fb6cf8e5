/* admission: whether one more socket may come in, for upgrades and streams alike: the level of the server, the open
 * sockets in all and of its address, and how many come in a second, in all and from its address.
 *
 * Fair: as long as many come, one address gets at most a quarter of a second's places and the others the rest. Addresses of
 * this machine are not told apart (base/address.h): they count in all, not as an address.
 * Invariant: an address is known as long as it has an open socket, so the table is as large as the sockets allow; what
 * addresses spent is in tables that never grow (base/buckets.h). The object is counted: places may come back after the door is
 * gone. thread: any */
#ifndef SNUG_HTTP_ADMISSION_H
#define SNUG_HTTP_ADMISSION_H

#include "base/bucket.h"
#include "base/env.h"
#include "base/err.h"
#include "base/level.h"

struct admission;
struct http_place; /* of an open socket: see http.h */

enum refusal_kind {
#define REFUSAL(name, status, retry_s, words) REFUSAL_##name,
#include "http/refusals.def"
#undef REFUSAL
    REFUSAL_COUNT,
    ADMITTED = REFUSAL_COUNT,
};

struct admission_options {
    const struct env *env;
    const struct level_state *level;  /* NULL: always normal */
    unsigned connections_max;         /* in all */
    unsigned address_connections_max; /* of an address; 0: any number */
    unsigned per_s;                   /* new ones in all; 0: any number */
    struct bucket_limit address;      /* new ones of an address; burst 0: any number */
};

/* NULL: no memory. */
struct admission *admission_new(const struct admission_options *options);
/* NULL is welcome. Returns NULL. Not freed before every place has come back. */
struct admission *admission_free(struct admission *a);

/* One more of this address. ADMITTED: a place is held, which http_place_leave gives back. Else nothing is held or spent, and
 * *out_retry_ms says when to try again, in ms; 0: as refusals.def says. */
enum refusal_kind admission_take(struct admission *a, const char *address,
                                 struct http_place **out_place, int64_t *out_retry_ms);

#endif
