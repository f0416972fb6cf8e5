/* admit: the one place that decides whether a connection may leave the door, whatever it speaks. It needs an origin that
 * is allowed, a place in all (admission.h), one among those who have not connected, and, with a good cookie, its user's
 * manager. What the session alone can know (too many of one person) ends the connection there, with 3504. */
#ifndef SNUG_HTTP_ADMIT_H
#define SNUG_HTTP_ADMIT_H

#include "http/handshake.h"
#include "http/inside.h"

/* Fills in who, manager, place, pending, secure, address and client of *u: to be handed over, or given back with admit_undo.
 * by_cookie: a cookie says who it is; a bad one is like none. Not for what a link can open: a link brings the cookie along,
 * wherever it stands.
 * refusals: refusals.def, each counted; nothing is held then. Their texts are the visit's */
struct refusal admit(struct visit *v, struct http_upgrade *u, bool by_cookie) ON(role_http);

/* The client is gone before its socket could be taken. */
void admit_undo(struct http_upgrade *u);

#endif
