/* address: what counts as one address when sockets and tries are counted. */
#ifndef SNUG_BASE_ADDRESS_H
#define SNUG_BASE_ADDRESS_H

#include "base/text.h"

#include <stdbool.h>

#define ADDRESS_SIZE 46 /* the longest as text, and its end */

/* Writes what is counted as one: an IPv4 address (also as IPv6 writes it), the first 64 bits of an IPv6 one (a household has
 * 2^64 of them), else the text itself. Returns its length, at most ADDRESS_SIZE. */
size_t address_key(struct text address, unsigned char out[ADDRESS_SIZE]);

/* An address of this machine. It says nothing about where a client is: a proxy beside the server that does not say for
 * whom it asks has one, and so has every program here. */
bool address_is_local(struct text address);

#endif
