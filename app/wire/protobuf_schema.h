/* protobuf_schema: wire/protobuf.def as data, and the wire format below it. For protobuf_command.c and protobuf_reply.c. */
#ifndef SNUG_WIRE_PROTOBUF_SCHEMA_H
#define SNUG_WIRE_PROTOBUF_SCHEMA_H

#include "base/buf.h"

#define PROTOBUF_FIELDS_MAX 16   /* of one message */
#define PROTOBUF_VARINT_BYTES 10 /* 64 bits, seven a byte */

enum protobuf_message {
#define MESSAGE(name) PROTOBUF_##name,
#include "wire/protobuf.def"
    PROTOBUF_NO_MESSAGE
};

enum protobuf_kind {
    PROTOBUF_TEXT,
    PROTOBUF_RAW,
    PROTOBUF_PAYLOAD,
    PROTOBUF_BYTES,
    PROTOBUF_BOOL,
    PROTOBUF_UINT32,
    PROTOBUF_UINT64,
    PROTOBUF_INT32,
    PROTOBUF_INT64,
    PROTOBUF_SINT64,
    PROTOBUF_MESSAGE
};

/* How often a field may come: once, any number of times, any number of times as {key 1, value 2}. */
enum protobuf_shape { PROTOBUF_ONE, PROTOBUF_LIST, PROTOBUF_MAP };

struct protobuf_field {
    const char *name;
    uint32_t number;
    enum protobuf_kind kind;
    enum protobuf_shape shape;
    enum protobuf_message of; /* of a PROTOBUF_MESSAGE: which */
};

/* The fields of a message; at most PROTOBUF_FIELDS_MAX. Static. */
const struct protobuf_field *protobuf_fields(enum protobuf_message m, size_t *out_count);

/* The wire types that are in use. source: protobuf.dev, Encoding */
enum protobuf_wire {
    PROTOBUF_WIRE_VARINT = 0,
    PROTOBUF_WIRE_8_BYTES = 1,
    PROTOBUF_WIRE_LENGTH = 2,
    PROTOBUF_WIRE_4_BYTES = 5
};

enum protobuf_wire protobuf_wire_of(enum protobuf_kind kind);

/* One field as it stands in a message. */
struct protobuf_value {
    uint32_t number;
    enum protobuf_wire wire;
    uint64_t integer;  /* of a varint */
    struct text bytes; /* of what has a length; borrowed */
};

/* Takes the next field off *rest, the inside of a message. errors: ERR_NOT_FOUND no more; ERR_MALFORMED */
MUST_USE enum err protobuf_next(struct text *rest, struct protobuf_value *out);

/* Takes bytes with their length before them off *rest; false: cut, or no length. */
bool protobuf_take_bytes(struct text *rest, struct text *out);

/* Writes a varint; returns its 1..10 bytes. */
size_t protobuf_varint(uint64_t n, char out[PROTOBUF_VARINT_BYTES]);

#endif
