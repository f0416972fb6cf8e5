/* emulation: what POST /emulation brings: {"session", "node", "data"}, decoded. Unknown members are ignored, as clients
 * grow. The session is the right to send the commands, so it is in no log. source: PROTOCOL.md, Transports other than
 * WebSocket */
#ifndef SNUG_HTTP_EMULATION_H
#define SNUG_HTTP_EMULATION_H

#include "base/buf.h"

#define EMULATION_NAME_MAX 256 /* bytes of a session, a node */

struct emulation {
    struct buf session, node, data; /* none is empty */
    char words[80];                 /* what is wrong, with the member's name */
};

void emulation_init(struct emulation *m, size_t data_max_bytes);
void emulation_fini(struct emulation *m);

/* Reads a JSON body into *m, once. out: `words` on ERR_BAD_REQUEST and ERR_LIMIT
 * errors: ERR_BAD_REQUEST no object, or a member that is missing, empty, comes twice or is no string; ERR_LIMIT one that
 * is too long; ERR_NOMEM */
MUST_USE enum err emulation_read(struct text body, struct emulation *m);

#endif
