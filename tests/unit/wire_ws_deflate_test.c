/* Guards: RFC 7692, what is agreed on and what is sent: PROTOCOL.md, How strict: Deflate; one frame for all receivers. */
#include "wire/ws_deflate.h"

#include "fault.h"
#include "unit.h"

#include <stdlib.h>
#define ZLIB_CONST
#include <zlib.h>

/* ---- offers */

static const struct ws_deflate_rules all = {15, 15, true}, lean = {15, 15, false},
                                     small = {12, 10, false}, none = {0};

/* The answer; NULL: none of the offers was accepted. */
static const char *answer_to(const char *offers, const struct ws_deflate_rules *rules)
{
    static char response[WS_DEFLATE_RESPONSE_SIZE];
    struct ws_deflate agreed;
    if (ws_deflate_negotiate(text_of(offers), rules, &agreed, response)) {
        CU_ASSERT(agreed.server_bits >= 8 && agreed.client_bits >= 8);
        return response;
    }
    CHECK_TEXT(response, "");
    CU_ASSERT(agreed.server_bits == 0 && agreed.client_bits == 0 && !agreed.client_takeover);
    return NULL;
}

#define PMD "permessage-deflate"
#define SERVER_NO "; server_no_context_takeover"
#define CLIENT_NO "; client_no_context_takeover"

static void each_parameter_is_answered_as_it_must_be(void)
{
    static const struct {
        const char *offer, *answer, *lean, *small;
    } rows[] = {
        {PMD, PMD SERVER_NO, PMD SERVER_NO CLIENT_NO, PMD SERVER_NO CLIENT_NO},
        {PMD SERVER_NO, PMD SERVER_NO, PMD SERVER_NO CLIENT_NO, PMD SERVER_NO CLIENT_NO},
        {PMD CLIENT_NO, PMD SERVER_NO CLIENT_NO, PMD SERVER_NO CLIENT_NO, PMD SERVER_NO CLIENT_NO},
        {PMD "; client_max_window_bits", PMD SERVER_NO, PMD SERVER_NO CLIENT_NO,
         PMD SERVER_NO CLIENT_NO "; client_max_window_bits=10"},
        {PMD "; client_max_window_bits=9", PMD SERVER_NO "; client_max_window_bits=9",
         PMD SERVER_NO CLIENT_NO "; client_max_window_bits=9",
         PMD SERVER_NO CLIENT_NO "; client_max_window_bits=9"},
        {PMD "; client_max_window_bits=15", PMD SERVER_NO "; client_max_window_bits=15",
         PMD SERVER_NO CLIENT_NO "; client_max_window_bits=15",
         PMD SERVER_NO CLIENT_NO "; client_max_window_bits=10"},
        {PMD "; server_max_window_bits=8", PMD SERVER_NO "; server_max_window_bits=8",
         PMD SERVER_NO CLIENT_NO "; server_max_window_bits=8",
         PMD SERVER_NO CLIENT_NO "; server_max_window_bits=8"},
        {PMD "; server_max_window_bits=15", PMD SERVER_NO "; server_max_window_bits=15",
         PMD SERVER_NO CLIENT_NO "; server_max_window_bits=15",
         PMD SERVER_NO CLIENT_NO "; server_max_window_bits=12"},
        {PMD "; client_max_window_bits=10; server_max_window_bits=10",
         PMD SERVER_NO "; server_max_window_bits=10; client_max_window_bits=10",
         PMD SERVER_NO CLIENT_NO "; server_max_window_bits=10; client_max_window_bits=10",
         PMD SERVER_NO CLIENT_NO "; server_max_window_bits=10; client_max_window_bits=10"},
        {PMD CLIENT_NO SERVER_NO "; client_max_window_bits=8; server_max_window_bits=11",
         PMD SERVER_NO CLIENT_NO "; server_max_window_bits=11; client_max_window_bits=8",
         PMD SERVER_NO CLIENT_NO "; server_max_window_bits=11; client_max_window_bits=8",
         PMD SERVER_NO CLIENT_NO "; server_max_window_bits=11; client_max_window_bits=8"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        CHECK_TEXT(answer_to(rows[i].offer, &all), rows[i].answer);
        CHECK_TEXT(answer_to(rows[i].offer, &lean), rows[i].lean);
        CHECK_TEXT(answer_to(rows[i].offer, &small), rows[i].small);
        CHECK_TEXT(answer_to(rows[i].offer, &none), NULL);
    }
}

static void what_is_agreed_is_what_is_answered(void)
{
    char response[WS_DEFLATE_RESPONSE_SIZE];
    struct ws_deflate agreed;
    CU_ASSERT(ws_deflate_negotiate(TEXT(PMD), &all, &agreed, response));
    CHECK_INT(agreed.server_bits, 15);
    CHECK_INT(agreed.client_bits, 15);
    CHECK_INT(agreed.client_takeover, true);
    CU_ASSERT(ws_deflate_negotiate(TEXT(PMD), &small, &agreed, response));
    CHECK_INT(agreed.server_bits, 12);
    CHECK_INT(agreed.client_bits, 15); /* it was not said that it can be told */
    CHECK_INT(agreed.client_takeover, false);
    CU_ASSERT(ws_deflate_negotiate(TEXT(PMD "; client_max_window_bits; server_max_window_bits=8"),
                                   &small, &agreed, response));
    CHECK_INT(agreed.server_bits, 8);
    CHECK_INT(agreed.client_bits, 10);
    CU_ASSERT(ws_deflate_negotiate(TEXT(PMD CLIENT_NO), &all, &agreed, response));
    CHECK_INT(agreed.client_takeover, false);
}

static void offers_that_are_not_acceptable_are_passed_over(void)
{
    static const char *const bad[] = {
        "",
        ",",
        "permessage-bzip2",
        "x-webkit-deflate-frame",
        "xpermessage-deflate",
        PMD ";",
        PMD ";;server_no_context_takeover",
        PMD "; unknown",
        PMD "; unknown=1",
        PMD "; server_no_context_takeover=1",
        PMD "; server_no_context_takeover=",
        PMD "; client_no_context_takeover=true",
        PMD "; server_no_context_takeover; server_no_context_takeover",
        PMD "; client_no_context_takeover; client_no_context_takeover",
        PMD "; client_max_window_bits; client_max_window_bits=10",
        PMD "; server_max_window_bits=10; server_max_window_bits=10",
        PMD "; server_max_window_bits",
        PMD "; server_max_window_bits=",
        PMD "; server_max_window_bits=\"\"",
        PMD "; server_max_window_bits=7",
        PMD "; server_max_window_bits=16",
        PMD "; server_max_window_bits=08",
        PMD "; server_max_window_bits=010",
        PMD "; server_max_window_bits=+9",
        PMD "; server_max_window_bits=9a",
        PMD "; server_max_window_bits=1 0",
        PMD "; server_max_window_bits=1000000000000000000009",
        PMD "; server_max_window_bits=\"10",
        PMD "; server_max_window_bits=\"1\\0\"",
        PMD "; client_max_window_bits=",
        PMD "; client_max_window_bits=7",
        PMD "; client_max_window_bits=16",
        PMD "; client_max_window_bits=09",
        PMD "; client_max_window_bits=-9",
        "x; y=\", " PMD "\"",
        "x; y=\"\\\", " PMD "\"",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char two[256];
        CHECK_TEXT(answer_to(bad[i], &lean), NULL);
        if (strchr(bad[i], '"'))
            continue; /* it may take what follows with it */
        (void)snprintf(two, sizeof two, "%s, " PMD "; server_max_window_bits=9", bad[i]);
        CHECK_TEXT(answer_to(two, &lean), PMD SERVER_NO CLIENT_NO "; server_max_window_bits=9");
    }
}

static void the_first_acceptable_offer_is_taken(void)
{
    CHECK_TEXT(answer_to("foo, " PMD "; server_max_window_bits=9, " PMD, &all),
               PMD SERVER_NO "; server_max_window_bits=9");
    CHECK_TEXT(answer_to(PMD "; odd=1," PMD "; server_max_window_bits=10", &all),
               PMD SERVER_NO "; server_max_window_bits=10");
    CHECK_TEXT(answer_to("x; y=\"a,b;c\" ,\t" PMD " ;  server_max_window_bits = \"10\" , z", &all),
               PMD SERVER_NO "; server_max_window_bits=10");
}

/* ---- what is sent */

/* Whether `f` is one compressed message that gives `payload` in a window of `bits`. A byte at a time, so that zlib has
 * to take everything out of its window, whose size it keeps to. */
static bool inflates_to(struct frame *f, struct text payload, int bits)
{
    static const char tail[4] = {0, 0, '\xff', '\xff'};
    struct text bytes = frame_bytes(f);
    size_t head = ((unsigned char)bytes.data[1] & 0x7f) == 127   ? 10
                  : ((unsigned char)bytes.data[1] & 0x7f) == 126 ? 4
                                                                 : 2;
    char *in = malloc(bytes.len - head + 4);
    memcpy(in, bytes.data + head, bytes.len - head);
    memcpy(in + bytes.len - head, tail, sizeof tail);
    z_stream z = {.next_in = (const Bytef *)in, .avail_in = (uInt)(bytes.len - head + 4)};
    bool good = inflateInit2(&z, -bits) == Z_OK;
    size_t n = 0;
    for (; good; n++) {
        unsigned char c;
        z.next_out = &c;
        z.avail_out = 1;
        int code = inflate(&z, Z_SYNC_FLUSH);
        if (z.avail_out == 1) {
            good = code == Z_OK || code == Z_BUF_ERROR;
            break;
        }
        good = n < payload.len && c == (unsigned char)payload.data[n];
    }
    good = good && n == payload.len && z.avail_in == 0;
    (void)inflateEnd(&z);
    free(in);
    return good;
}

static bool is_compressed(const struct frame *f)
{
    return frame_bytes(f).data[0] & 0x40;
}

static void the_rfcs_hello_is_made(void)
{
    struct frame *f = ws_frame_deflated(WS_TEXT, TEXT("HelloHelloHello"), 15, 6);
    CHECK_INT((unsigned char)frame_bytes(f).data[0], 0xc1);
    CU_ASSERT(frame_bytes(f).len < 2 + 15);
    CU_ASSERT(inflates_to(f, TEXT("HelloHelloHello"), 15));
    frame_unref(f);
}

static void what_does_not_shrink_is_sent_plain(void)
{
    static const struct text rows[] = {{"", 0}, {"a", 1}, {"Hello", 5}, {"0123456789", 10}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct frame *f = ws_frame_deflated(WS_TEXT, rows[i], 9, 9);
        struct frame *plain = ws_frame(WS_TEXT, rows[i]);
        CU_ASSERT(text_is(frame_bytes(f), frame_bytes(plain)));
        frame_unref(f);
        frame_unref(plain);
    }
}

#define BLOCK 70000

enum kind {
    SAME,
    NOISE,
    WORDS,
    NOISE_AGAIN_AFTER_250,
    NOISE_AGAIN_AFTER_300,
    NOISE_AGAIN_AFTER_5000,
    KINDS
};

static struct text block_of(enum kind kind, size_t len)
{
    static const size_t echoes[KINDS] = {[NOISE_AGAIN_AFTER_250] = 250,
                                         [NOISE_AGAIN_AFTER_300] = 300,
                                         [NOISE_AGAIN_AFTER_5000] = 5000};
    static char block[BLOCK];
    uint32_t seed = 1;
    for (size_t i = 0; i < len; i++) {
        size_t echo = echoes[kind];
        seed = seed * 1664525 + 1013904223;
        if (kind == SAME)
            block[i] = 'a';
        else if (kind == WORDS)
            block[i] = "message room user text id "[(seed >> 28) + i % 10];
        else if (echo > 0 && i >= echo)
            block[i] = block[i - echo];
        else
            block[i] = (char)(seed >> 24);
    }
    return (struct text){block, len};
}

/* Else the next test would prove nothing. */
static void zlib_refuses_what_is_behind_a_window(void)
{
    struct text payload = block_of(NOISE_AGAIN_AFTER_300, 600);
    struct frame *f = ws_frame_deflated(WS_BINARY, payload, 10, 9);
    CU_ASSERT(is_compressed(f) && inflates_to(f, payload, 10));
    CU_ASSERT(!inflates_to(f, payload, 8));
    frame_unref(f);
}

/* Every window, every level: no match reaches back further than the window says; 9 keeps to that of 8 too. */
static void frames_keep_to_their_window(void)
{
    static const size_t lengths[] = {40, 250, 600, 5000, BLOCK};
    unsigned compressed = 0;
    for (unsigned i = 0; i < KINDS * 5; i++) {
        struct text payload = block_of((enum kind)(i / 5), lengths[i % 5]);
        for (unsigned bits = 9; bits <= 15; bits++) {
            struct frame *f = ws_frame_deflated(WS_BINARY, payload, bits, 1 + (int)(i + bits) % 9);
            CU_ASSERT_PTR_NOT_NULL_FATAL(f);
            if (is_compressed(f)) {
                compressed++;
                CHECK_INT((unsigned char)frame_bytes(f).data[0], 0xc2);
                CU_ASSERT(inflates_to(f, payload, bits == 9 ? 8 : (int)bits));
            }
            frame_unref(f);
        }
    }
    CU_ASSERT(compressed > 80);
    for (int level = 1; level <= 9; level++) { /* all of zlib's ways to search */
        struct text payload = block_of(WORDS, BLOCK);
        struct frame *f = ws_frame_deflated(WS_BINARY, payload, 9, level);
        CU_ASSERT(is_compressed(f) && inflates_to(f, payload, 8));
        frame_unref(f);
    }
}

/* 1 << bits, less 262. */
static void a_window_is_as_large_as_the_payload_needs(void)
{
    static const struct {
        size_t len;
        unsigned agreed, bits;
    } rows[] = {{0, 0, 0},         {1000000, 0, 0},  {0, 15, 9},      {250, 15, 9},
                {251, 15, 10},     {251, 9, 9},      {251, 8, 9},     {762, 15, 10},
                {763, 15, 11},     {763, 10, 10},    {32506, 15, 15}, {16122, 15, 14},
                {1000000, 15, 15}, {1000000, 12, 12}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        CHECK_INT(ws_deflate_window(rows[i].len, rows[i].agreed), rows[i].bits);
}

static void without_a_window_it_is_plain(void)
{
    struct text payload = block_of(SAME, 1000);
    struct frame *f = ws_frame_deflated(WS_TEXT, payload, 0, 1);
    CU_ASSERT(!is_compressed(f) && frame_bytes(f).len == 4 + 1000);
    frame_unref(f);
}

/* No memory for zlib: the plain frame; none for that either: NULL. */
static void without_memory_it_is_plain_or_nothing(void)
{
    struct text payload = block_of(SAME, 1000);
    unsigned plain = 0;
    for (unsigned n = 1;; n++) {
        fault_at(n);
        struct frame *f = ws_frame_deflated(WS_TEXT, payload, 10, 1);
        if (!fault_end()) {
            CU_ASSERT(is_compressed(f));
            frame_unref(f);
            break;
        }
        if (f)
            plain += !is_compressed(f);
        frame_unref(f);
    }
    CU_ASSERT(plain > 0);
    fault_from(1);
    CU_ASSERT_PTR_NULL(ws_frame_deflated(WS_TEXT, payload, 10, 1));
    CU_ASSERT(fault_end());
}

UNIT("wire/ws_deflate", CASE(each_parameter_is_answered_as_it_must_be),
     CASE(what_is_agreed_is_what_is_answered), CASE(offers_that_are_not_acceptable_are_passed_over),
     CASE(the_first_acceptable_offer_is_taken), CASE(the_rfcs_hello_is_made),
     CASE(what_does_not_shrink_is_sent_plain), CASE(zlib_refuses_what_is_behind_a_window),
     CASE(frames_keep_to_their_window), CASE(a_window_is_as_large_as_the_payload_needs),
     CASE(without_a_window_it_is_plain), CASE(without_memory_it_is_plain_or_nothing))
