/* Guards: bytes come back as they were, and no text but the one that was made stands for them. */
#include "wire/base64.h"

#include "unit.h"

static bool decoded(bool (*decode)(struct text t, struct buf *out), const char *letters,
                    const char *wanted)
{
    struct buf b;
    buf_init(&b, 100);
    bool good = decode(text_of(letters), &b) && text_is(buf_text(&b), text_of(wanted));
    buf_fini(&b);
    return good;
}

/* source: RFC 4648 10 */
static void the_examples_of_the_rfc(void)
{
    static const struct {
        const char *bytes, *plain, *url;
    } rows[] = {
        {"", "", ""},
        {"f", "Zg==", "Zg"},
        {"fo", "Zm8=", "Zm8"},
        {"foo", "Zm9v", "Zm9v"},
        {"foob", "Zm9vYg==", "Zm9vYg"},
        {"fooba", "Zm9vYmE=", "Zm9vYmE"},
        {"foobar", "Zm9vYmFy", "Zm9vYmFy"},
        {"\xfb\xff\xbf", "+/+/", "-_-_"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct buf b;
        buf_init(&b, 100);
        base64url_encode(&b, text_of(rows[i].bytes));
        CU_ASSERT_TRUE(text_is(buf_text(&b), text_of(rows[i].url)));
        buf_fini(&b);
        CU_ASSERT_TRUE(decoded(base64url_decode, rows[i].url, rows[i].bytes));
        CU_ASSERT_TRUE(decoded(base64_decode, rows[i].plain, rows[i].bytes));
    }
}

static void other_spellings_are_refused(void)
{
    struct buf b;
    buf_init(&b, 3);
    static const char *const url[] = {"Z", "Zg==", "Zh", "Zm9", "Zm9v Yg", "+/+/", "Zm9vY"};
    static const char *const plain[] = {
        "Z", "Zg", "Zg=", "Zh==", "Zg===", "====", "Z===", "-_-_", "Zm=v"};
    for (size_t i = 0; i < sizeof url / sizeof url[0]; i++, buf_clear(&b))
        CHECK_INT(base64url_decode(text_of(url[i]), &b), false);
    for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++, buf_clear(&b))
        CHECK_INT(base64_decode(text_of(plain[i]), &b), false);
    CHECK_INT(base64url_decode(TEXT("Zm9v"), &b), true);
    CHECK_INT(base64url_decode(TEXT("Zm9v"), &b), false); /* six bytes of three */
    CHECK_INT(b.err, ERR_LIMIT);
    buf_fini(&b);
}

UNIT("wire/base64", CASE(the_examples_of_the_rfc), CASE(other_spellings_are_refused))
