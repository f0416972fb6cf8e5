/* admit: what every connection needs before its socket may leave the door, whatever it speaks: an origin that is allowed,
 * a place among those who have not connected, and, with a good cookie, its user's manager. */
#ifndef SNUG_HTTP_ADMIT_H
#define SNUG_HTTP_ADMIT_H

#include "http/handshake.h"
#include "http/inside.h"

/* Fills in who, manager, pending, secure, address and client of *u: to be handed over, or given back with admit_undo.
 * by_cookie: a cookie says who it is; a bad one is like none. Not for what a link can open: a link brings the cookie along,
 * wherever it stands.
 * refusals: 403 the origin; 503 too many connections, too many of this address that have not connected, or the manager
 * cannot be had now; nothing is held then */
struct refusal admit(struct visit *v, struct http_upgrade *u, bool by_cookie) ON(role_http);

/* The client is gone before its socket could be taken. */
void admit_undo(struct http_upgrade *u);

#endif
