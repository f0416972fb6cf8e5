/* json: two tools. A scanner that checks JSON and finds the bytes of a field, so that payloads pass through as the
 * bytes they came as; a writer into a buf. source: RFC 8259 */
#ifndef SNUG_WIRE_JSON_H
#define SNUG_WIRE_JSON_H

#include "base/buf.h"

/* The deepest nesting any caller may allow: the scanner's own stack is bounded by it. */
#define JSON_DEPTH_MAX 128

/* True if `t` is exactly one valid JSON value (strict RFC 8259, valid UTF-8, no lone surrogate escapes) of at most
 * depth_max (<= JSON_DEPTH_MAX) levels of nesting: 0 for a number, 1 for [], 2 for [[]]. */
bool json_valid(struct text t, unsigned depth_max);

/* The same for the value that `t` starts with, after white space: its bytes in *out_value, the rest in *out_rest. */
bool json_next(struct text t, unsigned depth_max, struct text *out_value, struct text *out_rest);

/* Walks the members of an object that may be anything, and checks it on the way, so that nothing is looked at twice: takes the next
 * key off *rest (at first the bracket before it, then a comma, each time the colon behind it); the caller takes its value
 * with json_next. JSON_END: the object's end was taken. JSON_BAD: this is no object. */
enum json_step { JSON_KEY, JSON_END, JSON_BAD };
enum json_step json_key(struct text *rest, bool first, struct text *out_key);

/* A key that json_key gave, decoded: in place, or into `room` where it has escapes. One that is longer than that then, or has a
 * NUL, cannot be a known one: it is given as empty. */
#define JSON_KEY_MAX 40
struct text json_key_text(struct text key, char room[JSON_KEY_MAX]);

/* How many bytes `t` starts with that stand for themselves in a JSON string: ASCII without control characters, quotes and
 * backslashes. */
size_t json_plain_run(struct text t);

/* `t` without the JSON white space it starts with. */
struct text json_skip_space(struct text t);

/* Walks the members of a valid object: takes the next one off *rest (at first the whole object's text).
 * The key is decoded into `key`, NUL-ended. A key that is too long, or has a NUL, cannot be a known one: it is
 * given as "" (and so is ""). False: no more. */
struct json_member {
    char key[JSON_KEY_MAX];
    struct text value;
};
bool json_member(struct text *rest, struct json_member *out);

/* The value of a valid object's first member of that name; empty: there is none, or the value is no object. */
struct text json_find(struct text object, const char *key);

/* json_member with the key of any length, as it stands there: a JSON string. */
bool json_entry(struct text *rest, struct text *out_key, struct text *out_value);

/* Walks the elements of a valid array the same way. */
bool json_element(struct text *rest, struct text *out_value);

enum json_kind { JSON_NULL, JSON_BOOL, JSON_NUMBER, JSON_STRING, JSON_ARRAY, JSON_OBJECT };

/* What a valid value is, by its first byte. */
enum json_kind json_kind(struct text value);

/* Decodes a valid JSON string into `out` (appended, without quotes). Never longer than the value itself. */
void json_string(struct text value, struct buf *out);

/* A JSON number that is written as an integer (no fraction, no exponent) within the bounds; false: it is not. */
bool json_int(struct text value, int64_t min, int64_t max, int64_t *out);

/* ---- writing. Objects and arrays are opened and closed by the caller; commas come by themselves.
 * A key is NULL inside arrays; else it is a word of ours, of letters that need no escape. Any other: json_add_key. */
struct json_writer {
    struct buf *out;
    bool first; /* no comma before the next value */
};

void json_begin(struct json_writer *w, struct buf *out);              /* a document starts */
void json_open(struct json_writer *w, const char *key, char bracket); /* '{' or '[' */
void json_close(struct json_writer *w, char bracket);                 /* '}' or ']' */
void json_add_key(struct json_writer *w,
                  struct text key); /* of the next value, which has key NULL */
void json_add_text(struct json_writer *w, const char *key, struct text value);
void json_add_int(struct json_writer *w, const char *key, int64_t value);
void json_add_id(struct json_writer *w, const char *key, int64_t id); /* "42"; 0 gives "" */
void json_add_double(struct json_writer *w, const char *key,
                     double value); /* NaN and infinity give null */
void json_add_bool(struct json_writer *w, const char *key, bool value);
void json_add_raw(struct json_writer *w, const char *key,
                  struct text json); /* valid JSON; empty: null. Its line ends become spaces */
void json_add_written(struct json_writer *w, const char *key,
                      struct text json); /* the same of what a json_writer wrote: it has none */

/* Appends a quoted, escaped JSON string. Bytes that are not UTF-8 become U+FFFD. */
void json_quote(struct buf *out, struct text t);

#endif
