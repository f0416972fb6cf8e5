#include "wire/form.h"

#include "base/buf.h"
#include "wire/protobuf.h"
#include "wire/ws_deflate.h"
#include "wire/ws_frame.h"

struct form form_for(struct form form, size_t json_len)
{
    if (form.window_bits && json_len < form.compress_min)
        form.window_bits = 0;
    if (form.window_bits)
        form.window_bits = (uint8_t)ws_deflate_window(json_len, form.window_bits);
    return form;
}

bool form_is(struct form a, struct form b)
{
    return a.encoding == b.encoding && a.framing == b.framing && a.window_bits == b.window_bits;
}

/* A blank line ends an event. The JSON has no line ends of its own: the writer escapes them. */
static struct frame *event_frame(struct text json)
{
    struct frame *f = NULL;
    struct frame *opened = frame_join(TEXT("data: "), json);
    if (opened)
        f = frame_join(frame_bytes(opened), TEXT("\n\n"));
    frame_unref(opened);
    return f;
}

static struct frame *message_frame(struct form form, enum ws_opcode opcode, struct text payload)
{
    return form.window_bits ? ws_frame_deflated(opcode, payload, form.window_bits, form.level)
                            : ws_frame(opcode, payload);
}

static struct frame *protobuf_frame(struct form form, struct text json, bool as_text)
{
    struct buf bytes;
    buf_init(&bytes,
             2 * json.len + 64); /* numbers and names are shorter there, lengths are added */
    struct frame *f = NULL;
    if (protobuf_reply(json, as_text, &bytes) == ERR_OK)
        f = form.framing == FRAMING_WEBSOCKET ? message_frame(form, WS_BINARY, buf_text(&bytes))
                                              : frame_new(buf_text(&bytes));
    buf_fini(&bytes);
    return f;
}

struct frame *form_frame(struct form form, struct text json, bool as_text)
{
    if (form.encoding == ENCODING_PROTOBUF)
        return protobuf_frame(form, json, as_text);
    if (form.framing == FRAMING_WEBSOCKET)
        return message_frame(form, WS_TEXT, json);
    return form.framing == FRAMING_LINES ? frame_join(json, TEXT("\n")) : event_frame(json);
}
