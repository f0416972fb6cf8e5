/* kind: what a file is, found in its bytes: the name that somebody gave it says nothing. Signatures are a table (kind.def); what fits
 * none is text/plain if all of it is text, else application/octet-stream. Of pictures that browsers show also the size in pixels
 * as they show it. Pure functions: any bytes are welcome. thread: any */
#ifndef SNUG_FILES_KIND_H
#define SNUG_FILES_KIND_H

#include "base/text.h"
#include "wire/utf8.h"

#define KIND_BYTES ((size_t)256 << 10) /* of a file's begin: what is looked at */
#define KIND_NEAR 512

struct kind {
    const char *type;       /* static: "image/png" */
    unsigned width, height; /* 0, 0: not a picture, or its size is not in what was looked at */
};

/* begin: the first KIND_BYTES of the file, or all of it if it is shorter; is_text: all of it is text (struct plain). */
struct kind kind_of(struct text begin, bool is_text);

/* True if a browser may show or play that type inside our page; all else is to be saved. Never svg or html. */
bool kind_shown(struct text type);

/* Whether all bytes are text: UTF-8 without control characters, except tab, line ends, form feed, and escape, which logs have for
 * their colours. Zero at the begin; fed piece by piece. */
struct plain {
    struct utf8_state utf8;
    bool broken;
};
void plain_feed(struct plain *p, struct text piece);
/* At the end. */
bool plain_is(const struct plain *p);

/* ---- picture.c: the size of one, as it is shown; false: it is not said. Bounds are those of `t` */
struct pixels {
    unsigned width, height;
};
bool png_pixels(struct text t, struct pixels *out);
bool gif_pixels(struct text t, struct pixels *out);
bool webp_pixels(struct text t, struct pixels *out);
/* Turned as the orientation in EXIF says. */
bool jpeg_pixels(struct text t, struct pixels *out);
/* The largest of its images: the others are thumbnails, tiles and masks. Turned as irot says. */
bool avif_pixels(struct text t, struct pixels *out);

#endif
