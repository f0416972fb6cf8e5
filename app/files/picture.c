/* picture: how many pixels a picture has, without decoding it. Every read is within the bytes that there are. */
#include "files/kind.h"

/* ---- numbers at a place; 0 where there is none */

static unsigned byte_at(struct text t, size_t at)
{
    return at < t.len ? (unsigned char)t.data[at] : 0;
}

static unsigned big16(struct text t, size_t at)
{
    return byte_at(t, at) << 8 | byte_at(t, at + 1);
}

static unsigned big32(struct text t, size_t at)
{
    return big16(t, at) << 16 | big16(t, at + 2);
}

static unsigned little16(struct text t, size_t at)
{
    return byte_at(t, at) | byte_at(t, at + 1) << 8;
}

static unsigned little24(struct text t, size_t at)
{
    return little16(t, at) | byte_at(t, at + 2) << 16;
}

static bool is_at(struct text t, size_t at, struct text what)
{
    return at <= t.len && text_starts(text_after(t, at), what);
}

/* ---- source: w3.org/TR/png-3 11.2.1; GIF89a 18 */

bool png_pixels(struct text t, struct pixels *out)
{
    if (t.len < 24 || !is_at(t, 12, TEXT("IHDR")))
        return false;
    *out = (struct pixels){big32(t, 16), big32(t, 20)};
    return true;
}

bool gif_pixels(struct text t, struct pixels *out)
{
    if (t.len < 10)
        return false;
    *out = (struct pixels){little16(t, 6), little16(t, 8)};
    return true;
}

/* ---- source: RFC 9649 2.5, 2.6, 2.7 */

bool webp_pixels(struct text t, struct pixels *out)
{
    if (t.len < 30)
        return false;
    if (is_at(t, 12, TEXT("VP8X"))) {
        *out = (struct pixels){little24(t, 24) + 1, little24(t, 27) + 1};
    } else if (is_at(t, 12, TEXT("VP8L")) && byte_at(t, 20) == 0x2f) {
        unsigned bits = little16(t, 21) | little16(t, 23) << 16;
        *out = (struct pixels){(bits & 0x3fff) + 1, (bits >> 14 & 0x3fff) + 1};
    } else if (is_at(t, 12, TEXT("VP8 ")) && is_at(t, 23, TEXT("\x9d\x01\x2a"))) {
        *out = (struct pixels){little16(t, 26) & 0x3fff, little16(t, 28) & 0x3fff};
    } else {
        return false;
    }
    return true;
}

/* ---- source: ITU-T T.81 B; Exif 2.32 4.6, tag 0x0112 */

struct tiff {
    struct text bytes;
    bool little;
};

static unsigned tiff16(const struct tiff *f, size_t at)
{
    return f->little ? little16(f->bytes, at) : big16(f->bytes, at);
}

static size_t tiff32(const struct tiff *f, size_t at)
{
    return f->little ? little16(f->bytes, at) | (size_t)little16(f->bytes, at + 2) << 16
                     : big32(f->bytes, at);
}

/* 1 to 8; 0: not said. */
static unsigned orientation(struct text exif)
{
    struct tiff f = {exif, is_at(exif, 0, TEXT("II"))};
    if (!f.little && !is_at(exif, 0, TEXT("MM")))
        return 0;
    size_t at = tiff32(&f, 4);
    if (at > exif.len)
        return 0;
    unsigned entries = tiff16(&f, at);
    for (at += 2; entries > 0 && at < exif.len; entries--, at += 12)
        if (tiff16(&f, at) == 0x0112)
            return tiff16(&f, at + 8);
    return 0;
}

/* Frames of all codings; not tables (c4), arithmetic's (cc) or a reserved one (c8). */
static bool is_frame(unsigned marker)
{
    return marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
}

bool jpeg_pixels(struct text t, struct pixels *out)
{
    unsigned turned = 0;
    for (size_t at = 2; at + 4 <= t.len && byte_at(t, at) == 0xff;) {
        unsigned marker = byte_at(t, at + 1);
        if (marker == 0xff) { /* filling */
            at++;
            continue;
        }
        size_t len = big16(t, at + 2);
        if (marker == 0xda || len < 2) /* the picture itself */
            return false;
        if (marker == 0xe1 && is_at(t, at + 4, TEXT("Exif\0\0")) && turned == 0)
            turned = orientation(text_after(t, at + 10));
        if (is_frame(marker) && at + 9 <= t.len) {
            bool lies = turned >= 5 && turned <= 8;
            unsigned height = big16(t, at + 5), width = big16(t, at + 7);
            *out = lies ? (struct pixels){height, width} : (struct pixels){width, height};
            return true;
        }
        at += 2 + len;
    }
    return false;
}

/* ---- source: ISO/IEC 14496-12, 23008-12 6.5.3 (ispe), 6.5.10 (irot). The boxes are looked for by their names: where they stand
 * in the tree does not matter for the largest. */

bool avif_pixels(struct text t, struct pixels *out)
{
    uint64_t most = 0;
    bool lies = false;
    for (size_t at = 4; at + 4 < t.len; at++) {
        if (t.data[at] != 'i')
            continue;
        if (is_at(t, at, TEXT("irot")))
            lies = lies || (byte_at(t, at + 4) & 1);
        if (!is_at(t, at, TEXT("ispe")) || at + 16 > t.len)
            continue;
        struct pixels here = {big32(t, at + 8), big32(t, at + 12)};
        uint64_t area = (uint64_t)here.width * here.height;
        if (area > most) {
            most = area;
            *out = here;
        }
    }
    if (lies)
        *out = (struct pixels){out->height, out->width};
    return most > 0;
}
