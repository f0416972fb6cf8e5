/* Guards: RFC 7692, what is received: compressed messages in any split, with and without a window that is kept, and
 * what ends the connection: RSV1 where it has no place, bad data, bad text, too much of it. */
#include "fault.h"
#include "ws_bytes.h"

#define ZLIB_CONST
#include <zlib.h>

static const struct ws_deflate lean = {15, 15, false}, keeps = {15, 15, true}, tiny = {8, 8, true};

/* As expect(), with deflate agreed on. */
static void expect_agreed(const struct wire *w, const struct ws_deflate *agreed, size_t limit,
                          const char *wanted)
{
    size_t steps = w->len < 200 ? w->len : 3;
    for (size_t step = 1; step <= steps; step++)
        CHECK_TEXT(decode_agreed(w, step, limit, agreed), wanted);
    CHECK_TEXT(decode_agreed(w, w->len, limit, agreed), wanted);
}

static void expect_lean(const struct wire *w, const char *wanted)
{
    expect_agreed(w, &lean, LIMIT, wanted);
}

#define HELLO "\xf2\x48\xcd\xc9\xc9\x07\x00"

/* ---- what is right */

/* RFC 7692 7.2.3.1 to 7.2.3.6, and beside them what clients do: no byte at all, a final block without one behind it. */
static void the_rfcs_examples_are_understood(void)
{
    static const struct {
        struct text payload;
        const char *wanted;
    } rows[] = {
        {{HELLO, 7}, "T5:Hello "},
        {{"\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00", 11}, "T5:Hello "},
        {{"\xf3\x48\xcd\xc9\xc9\x07\x00\x00", 8}, "T5:Hello "},
        {{"\xf3\x48\xcd\xc9\xc9\x07\x00", 7}, "T5:Hello "},
        {{"\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00", 13}, "T5:Hello "},
        {{"\x00", 1}, "T0: "},
        {{"\x02\x00", 2}, "T0: "},
        {{"", 0}, "T0: "},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct wire *w = fresh();
        frame(w, 0xc1, rows[i].payload);
        frame(w, 0x81, TEXT("plain"));
        frame(w, 0xc1, rows[i].payload);
        char twice[64];
        (void)snprintf(twice, sizeof twice, "%sT5:plain %s", rows[i].wanted, rows[i].wanted);
        expect_lean(w, twice);
        expect_agreed(w, &keeps, LIMIT, twice);
    }
}

static void a_kept_window_is_reached_back_into(void)
{
    static const struct text again = {"\xf2\x00\x11\x00\x00", 5};
    struct wire *w = fresh();
    frame(w, 0xc1, TEXT(HELLO));
    frame(w, 0x82, TEXT("not in the window"));
    frame(w, 0xc1, TEXT_NONE);
    frame(w, 0xc1, again);
    expect_agreed(w, &keeps, LIMIT, "T5:Hello B17:not in the window T0: T5:Hello ");
    expect_agreed(w, &tiny, LIMIT, "T5:Hello B17:not in the window T0: T5:Hello ");
    expect_lean(w, "T5:Hello B17:not in the window T0: E1007 ");

    w = fresh(); /* also over a block that says it is the last one */
    frame(w, 0xc1, TEXT("\xf3\x48\xcd\xc9\xc9\x07\x00\x00"));
    frame(w, 0xc1, again);
    expect_agreed(w, &keeps, LIMIT, "T5:Hello T5:Hello ");
}

static void fragments_and_control_frames_between_them(void)
{
    struct wire *w = fresh();
    frame(w, 0x41, TEXT("\xf2\x48\xcd"));
    frame(w, 0x89, TEXT("p"));
    frame(w, 0x00, TEXT_NONE);
    frame(w, 0x80, TEXT("\xc9\xc9\x07\x00"));
    frame(w, 0x42, TEXT_NONE);
    frame(w, 0x00, TEXT(HELLO));
    frame(w, 0x80, TEXT_NONE);
    frame(w, 0x01, TEXT("pl"));
    frame(w, 0x80, TEXT("ain"));
    frame(w, 0x88, TEXT("\x03\xe8"));
    expect_lean(w, "P1:p T5:Hello B5:Hello T5:plain C1000: ");
}

/* Compresses as a client would, into `out`; without the last four bytes. */
static struct text squeeze(z_stream *z, struct text t, char *out, size_t room)
{
    z->next_in = (const Bytef *)t.data;
    z->avail_in = (uInt)t.len;
    z->next_out = (Bytef *)out;
    z->avail_out = (uInt)room;
    CHECK_INT(deflate(z, Z_SYNC_FLUSH), Z_OK);
    CU_ASSERT_FATAL(z->avail_out > 0);
    return (struct text){out, room - z->avail_out - 4};
}

static void long_messages_of_every_window_come_out_as_they_went_in(void)
{
    static char text[LIMIT], packed[LIMIT + 1000];
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = "abcdefghij klmnopqr stuvwxyz"[(i * i / 7 + i / 300) % 28];
    for (uint8_t bits = 9; bits <= 15; bits++) {
        struct ws_deflate agreed = {15, bits, true};
        z_stream z = {0};
        struct wire *w = fresh();
        char wanted[256] = "";
        CHECK_INT(deflateInit2(&z, 6, Z_DEFLATED, -bits, 8, Z_DEFAULT_STRATEGY), Z_OK);
        for (size_t len = LIMIT; len > 100; len /= 3) {
            size_t n = strlen(wanted);
            frame(w, 0xc1, squeeze(&z, (struct text){text, len}, packed, sizeof packed));
            (void)snprintf(wanted + n, sizeof wanted - n, "T%zu:%.20s ", len, text);
        }
        (void)deflateEnd(&z);
        CHECK_TEXT(decode_agreed(w, w->len, LIMIT, &agreed), wanted);
        CHECK_TEXT(decode_agreed(w, 1, LIMIT, &agreed), wanted);
        CHECK_TEXT(decode_agreed(w, 1449, LIMIT, &agreed), wanted);
    }
}

/* ---- what is wrong */

static void rsv1_belongs_on_the_first_frame_of_a_message(void)
{
    static const struct text rows[] = {
        {"\xc0", 1}, {"\xc8", 1}, {"\xc9", 1}, {"\xca", 1}, {"\xe1", 1}, {"\xd1", 1},
        {"\xa1", 1}, {"\x91", 1}, {"\xc3", 1}, {"\xf1", 1}, {"\xb1", 1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct wire *w = fresh();
        memcpy(w->bytes, rows[i].data, rows[i].len);
        w->len = rows[i].len;
        expect_lean(w, "E1002 ");
    }
    struct wire *w = fresh();
    frame(w, 0x41, TEXT("\xf2\x48"));
    frame(w, 0xc0, TEXT("\xcd\xc9\xc9\x07\x00"));
    expect_lean(w, "E1002 ");
    w = fresh();
    frame(w, 0x41, TEXT("\xf2\x48"));
    frame(w, 0xc9, TEXT("ping"));
    expect_lean(w, "E1002 ");
    w = fresh(); /* not agreed on */
    frame(w, 0xc1, TEXT(HELLO));
    expect(w, "E1002 ");
}

static void bad_data_is_1007(void)
{
    static const struct text rows[] = {
        {"\x07", 1},                 /* a block of type 3 */
        {"\x00\x05\x00\xfa\xfe", 5}, /* lengths that do not match */
        {"\xf2\x48\xcd\xc9\xc9", 5}, /* cut */
        {"\xf2\x00\x11\x00\x00", 5}, /* reaches back to nothing */
        {"\x00\x04\x00\xfb\xff", 5}, /* a stored block that the four bytes would fill */
        {"\x00\x01\x00\xfe\xff", 5}, /* and one they would begin to */
        {"Hello", 5},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct wire *w = fresh();
        frame(w, 0xc2, rows[i]);
        frame(w, 0x81, TEXT("ignored"));
        expect_lean(w, "E1007 ");
        expect_agreed(w, &keeps, LIMIT, "E1007 ");
    }
}

/* "ab\xff", stored: the third byte is enough, the rest of frame and message need not come. */
static void text_is_checked_as_it_is_inflated(void)
{
    struct wire *w = fresh();
    frame(w, 0x41,
          TEXT("\x00\x09\x00\xf6\xff"
               "ab\xff"
               "cdefgh"));
    w->len = 6 + 5 + 2;
    CHECK_TEXT(decode_agreed(w, 1, LIMIT, &lean), "");
    w->len++;
    CHECK_TEXT(decode_agreed(w, 1, LIMIT, &lean), "E1007 ");
    CHECK_TEXT(decode_agreed(w, w->len, LIMIT, &lean), "E1007 ");

    w = fresh(); /* a character cut between two fragments */
    frame(w, 0x41, TEXT("\x00\x02\x00\xfd\xff\xe2\x82"));
    frame(w, 0x80, TEXT("\x00\x01\x00\xfe\xff\xac\x00"));
    expect_lean(w, "T3:\xe2\x82\xac ");

    w = fresh(); /* and at the end */
    frame(w, 0xc1, TEXT("\x00\x02\x00\xfd\xff\xe2\x82\x00"));
    expect_lean(w, "E1007 ");

    w = fresh(); /* bytes are no text */
    frame(w, 0xc2, TEXT("\x00\x02\x00\xfd\xff\xe2\x82\x00"));
    expect_lean(w, "B2:\xe2\x82 ");
}

static void the_limit_is_of_what_is_inflated(void)
{
    static char zeros[60000], packed[1000];
    z_stream z = {0};
    struct wire *w = fresh();
    CHECK_INT(deflateInit2(&z, 9, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY), Z_OK);
    frame(w, 0xc1, squeeze(&z, (struct text){zeros, sizeof zeros}, packed, sizeof packed));
    (void)deflateEnd(&z);
    CU_ASSERT(w->len < 150);
    CU_ASSERT(strncmp(decode_agreed(w, 1, sizeof zeros, &lean), "T60000:", 7) == 0);
    expect_agreed(w, &lean, sizeof zeros - 1, "E1009 ");
    expect_agreed(w, &lean, 4096, "E1009 ");
    expect_agreed(w, &lean, 1, "E1009 ");
}

/* What cannot be compressed may be a little longer on the wire: 1000 + 1000 / 64 + 64 = 1079, over all fragments. */
static void the_announced_length_has_a_limit_too(void)
{
    static const char nothing[5] = {0, 0, 0, '\xff', '\xff'}; /* an empty stored block */
    static char block[1100];
    for (size_t i = 0; i < sizeof block; i += sizeof nothing)
        memcpy(block + i, nothing, sizeof nothing);
    struct wire *w = fresh();
    frame(w, 0x42, (struct text){block, 1000});
    frame(w, 0x89, TEXT("not counted"));
    frame(w, 0x00, (struct text){block, 75});
    frame(w, 0x80, TEXT("\x00\x00\x00\xff"));
    frame(w, 0xc2, TEXT("\x00"));
    expect_agreed(w, &lean, 1000, "P11:not counted E1007 "); /* 1079 are taken, but are cut */
    w = fresh();
    frame(w, 0x42, (struct text){block, 1000});
    frame(w, 0x00, (struct text){block, 80});
    expect_agreed(w, &lean, 1000, "E1009 ");
    w = fresh();
    frame(w, 0xc2, (struct text){block, 1075});
    w->len = 4;
    expect_agreed(w, &lean, 994, "E1009 "); /* 994 + 15 + 64 = 1073: the length is enough */
    expect_agreed(w, &lean, 1000, "");
}

/* ---- memory */

static struct ws_event feed(struct ws_decoder *d, struct wire *w)
{
    unsigned char *bytes = w->bytes;
    size_t len = w->len;
    return ws_decode(d, &bytes, &len);
}

static void without_a_kept_window_an_idle_connection_holds_nothing(void)
{
    struct ws_decoder d;
    ws_decoder_init(&d, LIMIT);
    ws_decoder_agree(&d, &lean);
    CU_ASSERT_PTR_NULL(d.inflate.stream);
    struct wire *w = fresh();
    frame(w, 0x41, TEXT("\xf2\x48"));
    CHECK_INT(feed(&d, w).kind, WS_EVENT_NONE);
    CU_ASSERT_PTR_NOT_NULL(d.inflate.stream);
    w = fresh();
    frame(w, 0x80, TEXT("\xcd\xc9\xc9\x07\x00"));
    CHECK_INT(feed(&d, w).kind, WS_EVENT_MESSAGE);
    CU_ASSERT_PTR_NULL(d.inflate.stream);
    w = fresh();
    CHECK_INT(feed(&d, w).kind, WS_EVENT_NONE);
    CU_ASSERT_PTR_NULL(d.message.data);
    ws_decoder_fini(&d);
}

static void without_memory_it_is_1011(void)
{
    static char letters[20000], packed[1000];
    memset(letters, 'a', sizeof letters);
    z_stream z = {0};
    CHECK_INT(deflateInit2(&z, 9, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY), Z_OK);
    struct text message =
        squeeze(&z, (struct text){letters, sizeof letters}, packed, sizeof packed);
    (void)deflateEnd(&z);
    for (unsigned n = 1;; n++) {
        struct ws_decoder d;
        struct wire *w = fresh();
        frame(w, 0xc1, message);
        ws_decoder_init(&d, LIMIT);
        ws_decoder_agree(&d, &lean);
        fault_at(n);
        struct ws_event e = feed(&d, w);
        bool failed = fault_end();
        CHECK_INT(e.kind, failed ? WS_EVENT_ERROR : WS_EVENT_MESSAGE);
        CHECK_INT(e.code, failed ? 1011 : 0);
        ws_decoder_fini(&d);
        if (!failed)
            break;
    }
}

UNIT("wire/ws_inflate", CASE(the_rfcs_examples_are_understood),
     CASE(a_kept_window_is_reached_back_into), CASE(fragments_and_control_frames_between_them),
     CASE(long_messages_of_every_window_come_out_as_they_went_in),
     CASE(rsv1_belongs_on_the_first_frame_of_a_message), CASE(bad_data_is_1007),
     CASE(text_is_checked_as_it_is_inflated), CASE(the_limit_is_of_what_is_inflated),
     CASE(the_announced_length_has_a_limit_too),
     CASE(without_a_kept_window_an_idle_connection_holds_nothing), CASE(without_memory_it_is_1011))
