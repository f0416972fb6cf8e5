/* connection_place: what a connection is to its manager, for who embeds one (ws_connection_join) instead of having it made
 * (ws_connection_add). For ws_connection.c alone. */
#ifndef SNUG_MANAGER_CONNECTION_PLACE_H
#define SNUG_MANAGER_CONNECTION_PLACE_H

#include "base/table.h"
#include "manager/ws_connection.h"

#include <stdatomic.h>

struct ws_connection {
    struct table_link
        by_id; /* first; its `own`: for how long after a sign of life it is active, in ms */
    struct ws_manager *manager; /* one reference */
    struct ws_connection_handle handle;
    atomic_int_least64_t alive_ms; /* monotonic */
    uint64_t
        name; /* SipHash of the id under a key of the registry: of one user, what is the same here is the same id */
};

/* As ws_connection_add, in the memory `c`, which may be anything and stays where it is until ws_connection_leave. */
MUST_USE enum err ws_connection_join(struct ws_manager *m, const char *id,
                                     const struct ws_connection_handle *handle, int64_t active_ms,
                                     struct ws_connection *c);

/* Takes it out; as ws_connection_remove, but the memory is the caller's. */
void ws_connection_leave(struct ws_connection *c);

#endif
