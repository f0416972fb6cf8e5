#include "wire/protobuf_schema.h"

/* What FIELD's type says: kind, shape, message. */
#define TYPE_TEXT PROTOBUF_TEXT, PROTOBUF_ONE, PROTOBUF_NO_MESSAGE
#define TYPE_RAW PROTOBUF_RAW, PROTOBUF_ONE, PROTOBUF_NO_MESSAGE
#define TYPE_PAYLOAD PROTOBUF_PAYLOAD, PROTOBUF_ONE, PROTOBUF_NO_MESSAGE
#define TYPE_BYTES PROTOBUF_BYTES, PROTOBUF_ONE, PROTOBUF_NO_MESSAGE
#define TYPE_BOOL PROTOBUF_BOOL, PROTOBUF_ONE, PROTOBUF_NO_MESSAGE
#define TYPE_UINT32 PROTOBUF_UINT32, PROTOBUF_ONE, PROTOBUF_NO_MESSAGE
#define TYPE_UINT64 PROTOBUF_UINT64, PROTOBUF_ONE, PROTOBUF_NO_MESSAGE
#define TYPE_INT32 PROTOBUF_INT32, PROTOBUF_ONE, PROTOBUF_NO_MESSAGE
#define TYPE_INT64 PROTOBUF_INT64, PROTOBUF_ONE, PROTOBUF_NO_MESSAGE
#define TYPE_SINT64 PROTOBUF_SINT64, PROTOBUF_ONE, PROTOBUF_NO_MESSAGE
#define TYPE_ONE(message) PROTOBUF_MESSAGE, PROTOBUF_ONE, PROTOBUF_##message
#define TYPE_LIST(message) PROTOBUF_MESSAGE, PROTOBUF_LIST, PROTOBUF_##message
#define TYPE_LIST_OF_TEXTS PROTOBUF_TEXT, PROTOBUF_LIST, PROTOBUF_NO_MESSAGE
#define TYPE_MAP(message) PROTOBUF_MESSAGE, PROTOBUF_MAP, PROTOBUF_##message
#define TYPE_MAP_OF_TEXTS PROTOBUF_TEXT, PROTOBUF_MAP, PROTOBUF_NO_MESSAGE

static const struct protobuf_field fields[] = {
#define FIELD(message, name, number, type) {#name, number, TYPE_##type},
#include "wire/protobuf.def"
};

/* Each field's place in `fields`; a message begins where the next field will be and takes no place itself. */
enum {
#define MESSAGE(name) FIRST_##name, BEFORE_##name = FIRST_##name - 1,
#define FIELD(message, name, number, type) PLACE_##message##_##name,
#include "wire/protobuf.def"
    FIELDS_COUNT
};

static const unsigned short first[] = {
#define MESSAGE(name) FIRST_##name,
#include "wire/protobuf.def"
    FIELDS_COUNT,
};

const struct protobuf_field *protobuf_fields(enum protobuf_message m, size_t *out_count)
{
    *out_count = (size_t)(first[m + 1] - first[m]);
    return &fields[first[m]];
}

enum protobuf_wire protobuf_wire_of(enum protobuf_kind kind)
{
    switch (kind) {
    case PROTOBUF_BOOL:
    case PROTOBUF_UINT32:
    case PROTOBUF_UINT64:
    case PROTOBUF_INT32:
    case PROTOBUF_INT64:
    case PROTOBUF_SINT64:
        return PROTOBUF_WIRE_VARINT;
    case PROTOBUF_TEXT:
    case PROTOBUF_RAW:
    case PROTOBUF_PAYLOAD:
    case PROTOBUF_BYTES:
    case PROTOBUF_MESSAGE:
        break;
    }
    return PROTOBUF_WIRE_LENGTH;
}

/* Zeros at its end are let through, as everywhere in Protobuf: some write lengths with a fixed width. */
static bool take_varint(struct text *rest, uint64_t *out)
{
    uint64_t n = 0;
    for (size_t i = 0; i < rest->len && i < PROTOBUF_VARINT_BYTES; i++) {
        uint64_t byte = (unsigned char)rest->data[i];
        if (i == PROTOBUF_VARINT_BYTES - 1 && byte > 1)
            return false; /* 9 * 7 bits leave one */
        n |= (byte & 0x7f) << (7 * i);
        if (byte < 0x80) {
            *rest = text_after(*rest, i + 1);
            *out = n;
            return true;
        }
    }
    return false;
}

static bool take(struct text *rest, uint64_t len, struct text *out)
{
    if (len > rest->len)
        return false;
    *out = (struct text){rest->data, (size_t)len};
    *rest = text_after(*rest, (size_t)len);
    return true;
}

bool protobuf_take_bytes(struct text *rest, struct text *out)
{
    uint64_t len;
    return take_varint(rest, &len) && take(rest, len, out);
}

static bool take_value(struct text *rest, struct protobuf_value *out)
{
    switch (out->wire) {
    case PROTOBUF_WIRE_VARINT:
        return take_varint(rest, &out->integer);
    case PROTOBUF_WIRE_LENGTH:
        return protobuf_take_bytes(rest, &out->bytes);
    case PROTOBUF_WIRE_8_BYTES:
        return take(rest, 8, &out->bytes);
    case PROTOBUF_WIRE_4_BYTES:
        return take(rest, 4, &out->bytes);
    }
    return false; /* a group, or no wire type at all */
}

enum err protobuf_next(struct text *rest, struct protobuf_value *out)
{
    if (rest->len == 0)
        return ERR_NOT_FOUND;
    uint64_t tag;
    if (!take_varint(rest, &tag) || tag > UINT32_MAX || tag >> 3 == 0)
        return ERR_MALFORMED;
    *out = (struct protobuf_value){.number = (uint32_t)(tag >> 3), .wire = tag & 7};
    return take_value(rest, out) ? ERR_OK : ERR_MALFORMED;
}

size_t protobuf_varint(uint64_t n, char out[PROTOBUF_VARINT_BYTES])
{
    size_t len = 0;
    for (; n >= 0x80; n >>= 7)
        out[len++] = (char)(n | 0x80);
    out[len++] = (char)n;
    return len;
}
