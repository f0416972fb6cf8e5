/* decimal: numbers as they are written, compared digit by digit: 0.1 is 0.1, and 9007199254740993 is not
 * 9007199254740992, which a double could not tell. */
#ifndef SNUG_WIRE_DECIMAL_H
#define SNUG_WIRE_DECIMAL_H

#include "base/text.h"

/* Bounds of a text that is a number, as in Centrifugo. */
#define DECIMAL_BYTES_MAX 200
#define DECIMAL_FRACTION_MAX 19

struct decimal {
    bool negative;        /* never for zero */
    struct text whole;    /* digits without leading zeros; borrowed from the text */
    struct text fraction; /* digits without zeros at the end */
};

/* A sign or none, digits, and perhaps a point and more digits (at most DECIMAL_FRACTION_MAX); no spaces, no exponent.
 * False: `t` is no number. */
bool decimal_parse(struct text t, struct decimal *out);

/* Below 0: a is less than b; 0: they are equal; above 0: a is greater. */
int decimal_compare(const struct decimal *a, const struct decimal *b);

#endif
