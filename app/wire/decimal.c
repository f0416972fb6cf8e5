#include "wire/decimal.h"

/* Takes the digits off the front. */
static struct text take_digits(struct text *rest)
{
    size_t n = 0;
    while (n < rest->len && rest->data[n] >= '0' && rest->data[n] <= '9')
        n++;
    struct text taken = {rest->data, n};
    *rest = text_after(*rest, n);
    return taken;
}

bool decimal_parse(struct text t, struct decimal *out)
{
    if (t.len > DECIMAL_BYTES_MAX)
        return false;
    struct decimal d = {text_starts(t, TEXT("-")), TEXT_NONE, TEXT_NONE};
    if (d.negative || text_starts(t, TEXT("+")))
        t = text_after(t, 1);
    d.whole = take_digits(&t);
    if (d.whole.len == 0)
        return false;
    if (text_starts(t, TEXT("."))) {
        t = text_after(t, 1);
        d.fraction = take_digits(&t);
        if (d.fraction.len == 0 || d.fraction.len > DECIMAL_FRACTION_MAX)
            return false;
    }
    if (t.len > 0)
        return false;
    while (text_starts(d.whole, TEXT("0")))
        d.whole = text_after(d.whole, 1);
    while (d.fraction.len > 0 && d.fraction.data[d.fraction.len - 1] == '0')
        d.fraction.len--;
    if (d.whole.len == 0 && d.fraction.len == 0)
        d.negative = false;
    *out = d;
    return true;
}

static int compare_lengths(size_t a, size_t b)
{
    return (a > b) - (a < b);
}

static int compare_sizes(const struct decimal *a, const struct decimal *b)
{
    int result = compare_lengths(a->whole.len, b->whole.len);
    if (result == 0 && a->whole.len > 0)
        result = memcmp(a->whole.data, b->whole.data, a->whole.len);
    if (result != 0)
        return result;
    struct text x = a->fraction, y = b->fraction;
    size_t both = x.len < y.len ? x.len : y.len;
    if (both > 0)
        result = memcmp(x.data, y.data, both);
    return result != 0 ? result : compare_lengths(x.len, y.len);
}

int decimal_compare(const struct decimal *a, const struct decimal *b)
{
    if (a->negative != b->negative)
        return a->negative ? -1 : 1;
    return a->negative ? compare_sizes(b, a) : compare_sizes(a, b);
}
