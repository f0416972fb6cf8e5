/* Guards: what is pushed can be read by the browser that it is for, as the RFC's example says byte by byte; a wrong key is refused
 * with its name; and the word to the push service is a token that its key vouches for. */
#include "wire/web_push.h"

#include "fault.h"
#include "unit.h"
#include "wire/base64.h"
#include "wire/json.h"
#include "wire/jwt_inside.h"
#include "wire/web_push_inside.h"

#include <openssl/evp.h>
#include <stdlib.h>

/* source: RFC 8291 5 and its appendix A */
#define MESSAGE "When I grow up, I want to be a watermelon"
#define OWN_SECRET "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"
#define OWN_POINT                                                                                  \
    "BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8"
#define POINT                                                                                      \
    "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
#define AUTH "BTBZMqHH6r4Tts7J_aSIgg"
#define SALT "DGv6ra1nlYgDCS1FRnbzlw"
#define BODY                                                                                       \
    "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS" \
    "6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qu" \
    "lcy4a-fN"

static void decode(const char *letters, unsigned char *out, size_t len)
{
    struct buf b;
    buf_init(&b, 4096);
    must(base64url_decode(text_of(letters), &b) && b.len == len);
    memcpy(out, b.data, len);
    buf_fini(&b);
}

struct example {
    struct web_push_pair own;
    struct web_push_receiver to;
    unsigned char salt[PUSH_SALT_BYTES];
};

static struct example example(void)
{
    struct example x;
    unsigned char secret[PUSH_SECRET_BYTES];
    const char *field = NULL;
    decode(OWN_SECRET, secret, sizeof secret);
    decode(SALT, x.salt, sizeof x.salt);
    must(web_push_pair_of(secret, &x.own) == ERR_OK);
    must(web_push_receiver_of(TEXT(POINT), TEXT(AUTH), &x.to, &field) == ERR_OK);
    must(!field);
    return x;
}

static void the_example_of_the_rfc(void)
{
    struct example x = example();
    char point[PUSH_POINT_TEXT_SIZE];
    web_push_point_text(x.own.point, point);
    CHECK_TEXT(point, OWN_POINT);
    struct buf body, letters;
    buf_init(&body, PUSH_BODY_MAX);
    buf_init(&letters, 8192);
    CHECK_INT(web_push_encrypt(TEXT(MESSAGE), &x.to, &x.own, x.salt, &body), ERR_OK);
    base64url_encode(&letters, buf_text(&body));
    CHECK_INT(text_is(buf_text(&letters), TEXT(BODY)), true);
    buf_fini(&letters);
    buf_fini(&body);
}

static void a_message_has_a_longest_length(void)
{
    static char text[PUSH_TEXT_MAX + 1];
    struct example x = example();
    struct buf body;
    memset(text, 'x', sizeof text);
    buf_init(&body, PUSH_BODY_MAX);
    CHECK_INT(web_push_encrypt((struct text){text, PUSH_TEXT_MAX}, &x.to, &x.own, x.salt, &body),
              ERR_OK);
    CHECK_INT(body.len, PUSH_BODY_MAX); /* 86 + 3,000 + 1 + 16 */
    buf_clear(&body);
    CHECK_INT(
        web_push_encrypt((struct text){text, PUSH_TEXT_MAX + 1}, &x.to, &x.own, x.salt, &body),
        ERR_LIMIT);
    CHECK_INT(body.len, 0);
    CHECK_INT(web_push_encrypt(TEXT(""), &x.to, &x.own, x.salt, &body), ERR_OK);
    CHECK_INT(body.len, 86 + 1 + 16);
    struct buf small;
    buf_init(&small, 100);
    CHECK_INT(web_push_encrypt(TEXT(MESSAGE), &x.to, &x.own, x.salt, &small), ERR_LIMIT);
    buf_fini(&small);
    buf_fini(&body);
}

static void a_secret_is_a_number_below_the_order(void)
{
    unsigned char secret[PUSH_SECRET_BYTES] = {0};
    struct web_push_pair pair;
    CHECK_INT(web_push_pair_of(secret, &pair), ERR_BAD_REQUEST); /* 0 */
    secret[31] = 1;
    CHECK_INT(web_push_pair_of(secret, &pair), ERR_OK);
    CHECK_INT(pair.point[0], 4);
    CHECK_INT(pair.point[1], 0x6b); /* of the curve's own point, which 1 gives. source: SEC 2 */
    memset(secret, 0xff, sizeof secret);
    CHECK_INT(web_push_pair_of(secret, &pair), ERR_BAD_REQUEST); /* over the order */
}

static void a_wrong_key_is_refused_with_its_name(void)
{
    static const struct {
        const char *p256dh, *auth, *field;
    } rows[] = {
        {"", AUTH, "p256dh"},
        {"!", AUTH, "p256dh"},
        {AUTH, AUTH, "p256dh"},       /* 16 bytes */
        {POINT "AA", AUTH, "p256dh"}, /* 66 */
        {POINT "=", AUTH, "p256dh"},  /* padding */
        {"AC"                         /* 0 in place of 4 */
         "Vxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
         AUTH, "p256dh"},
        {"BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw8",
         AUTH, "p256dh"}, /* another last bit: on no curve */
        {"BAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
         AUTH, "p256dh"},
        {POINT, "", "auth"},
        {POINT, "BTBZMqHH6r4Tts7J_aSI", "auth"},    /* 15 */
        {POINT, "BTBZMqHH6r4Tts7J_aSIggA", "auth"}, /* 17 */
        {POINT, "BTBZMqHH6r4Tts7J_aSIg+", "auth"},
    };
    struct web_push_receiver r;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *field = "none";
        CHECK_INT(web_push_receiver_of(text_of(rows[i].p256dh), text_of(rows[i].auth), &r, &field),
                  ERR_BAD_REQUEST);
        CHECK_TEXT(field, rows[i].field);
    }
    struct example x = example();
    x.to.point[64] ^= 1; /* as if it came from a damaged row */
    struct buf body;
    buf_init(&body, PUSH_BODY_MAX);
    CHECK_INT(web_push_encrypt(TEXT(MESSAGE), &x.to, &x.own, x.salt, &body), ERR_BAD_REQUEST);
    buf_fini(&body);
}

/* ---- the word to the push service */

/* The header's token, believed by the key beside it, as a push service does it. */
static bool believed(struct text header, struct buf *claims)
{
    struct text rest = header, token, key, parts[3];
    if (!text_starts(rest, TEXT("vapid t=")))
        return false;
    rest = text_after(rest, 8);
    must(text_split(&rest, ',', &token));
    if (!text_starts(rest, TEXT(" k=")))
        return false;
    key = text_after(rest, 3);
    struct text left = token;
    for (int i = 0; i < 3; i++)
        must(text_split(&left, '.', &parts[i]));
    must(base64url_decode(parts[1], claims));

    struct buf point, signature;
    buf_init(&point, 100);
    buf_init(&signature, 100);
    must(base64url_decode(key, &point) && base64url_decode(parts[2], &signature));
    must(point.len == PUSH_POINT_BYTES);
    struct jwt_key k = {.kind = KIND_P256,
                        .public_key = web_push_key((unsigned char *)point.data, NULL)};
    enum err e = jwt_key_check(&k, jwt_algorithm_find(TEXT("ES256")),
                               (struct text){token.data, parts[0].len + 1 + parts[1].len},
                               buf_text(&signature));
    EVP_PKEY_free(k.public_key);
    buf_fini(&point);
    buf_fini(&signature);
    return e == ERR_OK;
}

static void the_push_service_believes_the_token(void)
{
    struct example x = example();
    struct buf header, claims;
    buf_init(&header, 2048);
    buf_init(&claims, 2048);
    struct web_push_vapid v = {&x.own, TEXT("https://push.example"), TEXT("mailto:a@b.example"),
                               1700000000};
    for (int i = 0; i < 50; i++) { /* numbers of a signature may begin with zeros */
        buf_clear(&header);
        buf_clear(&claims);
        CHECK_INT(web_push_authorize(&v, &header), ERR_OK);
        CHECK_INT(believed(buf_text(&header), &claims), true);
    }
    CHECK_INT(
        text_is(buf_text(&claims), TEXT("{\"aud\":\"https://push.example\",\"exp\":1700000000,"
                                        "\"sub\":\"mailto:a@b.example\"}")),
        true);
    v.contact = TEXT_NONE;
    buf_clear(&header);
    buf_clear(&claims);
    CHECK_INT(web_push_authorize(&v, &header), ERR_OK);
    CHECK_INT(believed(buf_text(&header), &claims), true);
    CHECK_INT(
        text_is(buf_text(&claims), TEXT("{\"aud\":\"https://push.example\",\"exp\":1700000000}")),
        true);
    buf_clear(&header);
    v.audience = (struct text){MESSAGE, 5};
    struct buf small;
    buf_init(&small, 60);
    CHECK_INT(web_push_authorize(&v, &small), ERR_LIMIT);
    buf_fini(&small);
    buf_fini(&claims);
    buf_fini(&header);
}

/* OpenSSL's memory is counted too; of some it does without. */
static void without_memory_nothing_is_made(void)
{
    struct example x = example();
    struct web_push_vapid v = {&x.own, TEXT("https://push.example"), TEXT_NONE, 1700000000};
    unsigned refused = 0;
    for (bool failed = true; failed;) {
        static unsigned n;
        struct buf body, header;
        struct web_push_pair pair;
        struct web_push_receiver r;
        const char *field = NULL;
        buf_init(&body, PUSH_BODY_MAX);
        buf_init(&header, 2048);
        fault_at(++n);
        enum err e = web_push_receiver_of(TEXT(POINT), TEXT(AUTH), &r, &field);
        if (e == ERR_OK)
            e = web_push_pair_of(x.own.secret, &pair);
        if (e == ERR_OK)
            e = web_push_encrypt(TEXT(MESSAGE), &r, &pair, x.salt, &body);
        if (e == ERR_OK)
            e = web_push_authorize(&v, &header);
        failed = fault_end();
        if (!failed || e != ERR_OK)
            CHECK_INT(e, failed ? ERR_NOMEM : ERR_OK);
        refused += e != ERR_OK;
        buf_fini(&body);
        buf_fini(&header);
    }
    CU_ASSERT_TRUE(refused > 10);
}

UNIT("wire/web_push", CASE(the_example_of_the_rfc), CASE(a_message_has_a_longest_length),
     CASE(a_secret_is_a_number_below_the_order), CASE(a_wrong_key_is_refused_with_its_name),
     CASE(the_push_service_believes_the_token), CASE(without_memory_nothing_is_made))
