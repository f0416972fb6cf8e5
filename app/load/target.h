/* target: where a load goes: a ws:// or wss:// URL in parts. */
#ifndef SNUG_LOAD_TARGET_H
#define SNUG_LOAD_TARGET_H

#include "base/text.h"

/* A URL in parts, each ended by NUL. */
struct load_target {
    bool tls;
    char host[256]; /* a name or an address, without brackets */
    char port[6];
    char authority[272]; /* as in the Host header */
    char path[1500];     /* from the slash on, with the query */
};

/* False: no ws:// or wss:// URL with a host and a port of 1 to 65535, or too long; "/" is added where there is no path. */
bool load_target_read(struct text url, struct load_target *out);

#endif
