/* web_push: a message that only the browser it is for can read, and the word of this server to the push service in between.
 *
 * The service learns when something is sent, how long it is and for which browser; not what it says. Every message has a pair
 * of keys and a salt of its own, which are used once. Functions without state, over OpenSSL's EVP.
 * source: RFC 8291 (keys), RFC 8188 (aes128gcm), RFC 8292 (VAPID) */
#ifndef SNUG_WIRE_WEB_PUSH_H
#define SNUG_WIRE_WEB_PUSH_H

#include "base/buf.h"

#define PUSH_TEXT_MAX                                                                              \
    3000 /* bytes of a message: with all around it less than the 4,096 that every service takes */
#define PUSH_BODY_MAX (PUSH_TEXT_MAX + 103) /* of what is sent: head 86, the end 1, tag 16 */
#define PUSH_SECRET_BYTES 32
#define PUSH_POINT_BYTES 65 /* uncompressed, on P-256 */
#define PUSH_AUTH_BYTES 16
#define PUSH_SALT_BYTES 16
#define PUSH_POINT_TEXT_SIZE 88 /* a point as base64url, with NUL */

/* Of this server (VAPID), or of one message. */
struct web_push_pair {
    unsigned char secret[PUSH_SECRET_BYTES];
    unsigned char point[PUSH_POINT_BYTES];
};

/* What a browser gave for its subscription. */
struct web_push_receiver {
    unsigned char point[PUSH_POINT_BYTES];
    unsigned char auth[PUSH_AUTH_BYTES];
};

/* The pair of a secret. errors: ERR_BAD_REQUEST it is none, as one in 2^32 random ones; ERR_NOMEM */
MUST_USE enum err web_push_pair_of(const unsigned char secret[PUSH_SECRET_BYTES],
                                   struct web_push_pair *out);

/* As the browser spells them, base64url without padding.
 * out: on ERR_BAD_REQUEST the name of the one that is wrong, "p256dh" or "auth": not base64url, of another length, or a point
 * that is not on the curve. errors: ERR_BAD_REQUEST; ERR_NOMEM */
MUST_USE enum err web_push_receiver_of(struct text p256dh, struct text auth,
                                       struct web_push_receiver *out, const char **out_field);

/* Appends `message`, encrypted: the body of a POST with Content-Encoding: aes128gcm. own: for this message alone; salt: the same.
 * errors: ERR_LIMIT over PUSH_TEXT_MAX, or of `out`; ERR_BAD_REQUEST the receiver's point is none; ERR_NOMEM */
MUST_USE enum err web_push_encrypt(struct text message, const struct web_push_receiver *to,
                                   const struct web_push_pair *own,
                                   const unsigned char salt[PUSH_SALT_BYTES], struct buf *out);

struct web_push_vapid {
    const struct web_push_pair *pair;
    struct text audience; /* the push service's origin: "https://push.example" */
    struct text contact;  /* mailto: or https: of who runs this server; empty: not said */
    int64_t expires_s;    /* since 1970, at most a day from now */
};

/* Appends the value of the header Authorization: "vapid t=..., k=...". errors: of `out`; ERR_NOMEM */
MUST_USE enum err web_push_authorize(const struct web_push_vapid *v, struct buf *out);

/* The point as push.get gives it to browsers. */
void web_push_point_text(const unsigned char point[PUSH_POINT_BYTES],
                         char out[PUSH_POINT_TEXT_SIZE]);

#endif
