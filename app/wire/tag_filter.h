/* tag_filter: which publications a subscriber wants, by their tags. source: PROTOCOL.md, Tag filter; what it leaves
 * open is as in Centrifugo
 *
 * A leaf is {key, cmp, val | vals}, an inner node {op, nodes}: `and` and `or` have at least one of nodes, `not` has
 * exactly one. A member that is null, "" or [] is absent (Protobuf cannot tell them apart), one that is not known is
 * ignored, one that the node has no use for is an error.
 *
 *   eq neq          the tag is val, is not val
 *   in nin          the tag is one of vals, is none of them
 *   ex nex          there is such a tag, there is none
 *   sw ew ct        the tag starts with, ends with, contains val
 *   lt lte gt gte   both are numbers (wire/decimal.h) and the tag is less than val, ...
 *
 * Without the tag neq, nin and nex match and nothing else does. Texts are compared byte by byte. */
#ifndef SNUG_WIRE_TAG_FILTER_H
#define SNUG_WIRE_TAG_FILTER_H

#include "wire/tags.h"

#define TAG_FILTER_NODES_MAX 64
#define TAG_FILTER_DEPTH_MAX 8    /* a leaf alone has depth 1 */
#define TAG_FILTER_VALS_MAX 64    /* of one leaf */
#define TAG_FILTER_BYTES_MAX 4096 /* of all keys and values together */
#define TAG_FILTER_ERROR_SIZE 128

struct tag_filter; /* immutable: any thread may match with it */

/* Makes a filter of its JSON.
 * in: json is valid JSON (json_valid)
 * out: *out_filter owned by the caller; error, a sentence that names the field, only with ERR_BAD_REQUEST
 * errors: ERR_BAD_REQUEST not a filter, or over a bound; ERR_NOMEM */
MUST_USE enum err tag_filter_parse(struct text json, struct tag_filter **out_filter,
                                   char error[TAG_FILTER_ERROR_SIZE]);

/* Frees the filter. NULL is welcome. Returns NULL. */
struct tag_filter *tag_filter_free(struct tag_filter *f);

/* True if a publication with these tags passes the filter. Allocates nothing. */
bool tag_filter_match(const struct tag_filter *f, const struct tags *tags);

#endif
