/* Guards: what a file is is found in its bytes, not in its name; what a browser could run is never shown; the size of a picture is that
 * in which it is shown; and no bytes lead out of what there is. */
#include "files/kind.h"

#include "unit.h"

#include <stdlib.h>

#define BYTES(literal)                                                                             \
    {                                                                                              \
        "" literal, sizeof(literal) - 1                                                            \
    }

/* As long as it is, so that a sanitizer sees a read behind it. */
static struct kind look(struct text t)
{
    struct plain plain = {0};
    char *exact = malloc(t.len ? t.len : 1);
    memcpy(exact, t.data, t.len);
    plain_feed(&plain, (struct text){exact, t.len});
    struct kind k = kind_of((struct text){exact, t.len}, plain_is(&plain));
    free(exact);
    return k;
}

struct row {
    struct text bytes;
    const char *type;
    bool shown;
};

static void check_rows(const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct kind k = look(rows[i].bytes);
        CHECK_TEXT(k.type, rows[i].type);
        CHECK_INT(kind_shown(text_of(k.type)), rows[i].shown);
    }
}

static void its_begin_tells_what_a_file_is(void)
{
    static const struct row rows[] = {
        {BYTES("\x89PNG\r\n\x1a\n\0"), "image/png", true},
        {BYTES("\xff\xd8\xff\xe0"), "image/jpeg", true},
        {BYTES("GIF89a\1\0\1\0\0"), "image/gif", true},
        {BYTES("gif89a\1\0\1\0\0"), "application/octet-stream", false}, /* letters as they are */
        {BYTES("RIFF\4\0\0\0WEBPVP8 "), "image/webp", true},
        {BYTES("RIFF\4\0\0\0WAVEfmt "), "audio/wav", true},
        {BYTES("RIFF\4\0\0\0ACON"), "application/octet-stream", false},
        {BYTES("\0\0\0\x1c"
               "ftypavif\0\0\0\0"),
         "image/avif", true},
        {BYTES("\0\0\0\x1c"
               "ftypmif1\0\0\0\0mif1avif"),
         "image/avif", true},
        {BYTES("\0\0\0\x1c"
               "ftypmif1\0\0\0\0mif1heic"),
         "image/heic", false},
        {BYTES("\0\0\0\x1c"
               "ftypheic\0\0\0\0"),
         "image/heic", false},
        {BYTES("\0\0\0\x18"
               "ftypmp42\0\0\0\0"),
         "video/mp4", true},
        {BYTES("\0\0\0\x18"
               "ftypqt  \0\0\0\0"),
         "video/quicktime", false},
        {BYTES("\0\0\0\x18"
               "ftypM4A \0\0\0\0"),
         "audio/mp4", true},
        {BYTES("\x1a\x45\xdf\xa3\x01\x42\x82\x84webm\0"), "video/webm", true},
        {BYTES("\x1a\x45\xdf\xa3\x01\x42\x82\x88matroska\0"), "video/x-matroska", false},
        {BYTES("\x1a\x45\xdf\xa3\x01"), "application/octet-stream", false},
        {BYTES("OggS\0\2........OpusHead"), "audio/ogg", true},
        {BYTES("OggS\0\2........\x80theora"), "video/ogg", true},
        {BYTES("OggS\0\2........"), "application/ogg", false},
        {BYTES("ID3\4\0"), "audio/mpeg", true},
        {BYTES("%PDF-1.7\n%\xe2\xe3"), "application/pdf", false},
        {BYTES("%PDF-1.4\nall of it is text"), "application/pdf", false},
        {BYTES("PK\3\4\x14\0"), "application/zip", false},
        {BYTES("\x1f\x8b\x08\0"), "application/gzip", false},
        {BYTES("MZ\x90\0"), "application/vnd.microsoft.portable-executable", false},
        {BYTES("\x7f"
               "ELF\2"),
         "application/x-elf", false},
        {BYTES("SQLite format 3\0"), "application/vnd.sqlite3", false},
        {BYTES("\xde\xad\xbe\xef"), "application/octet-stream", false},
    };
    check_rows(rows, sizeof rows / sizeof rows[0]);
}

static void text_is_text_whatever_letters_it_begins_with(void)
{
    static const struct row rows[] = {
        {BYTES(""), "text/plain", true},
        {BYTES("MZ is how programs begin"), "text/plain", true},
        {BYTES("BZh, ID3, GIF89a, RIFF"), "text/plain", true},
        {BYTES("a\tlog\r\n\x1b[31mred\x1b[0m\f\n"), "text/plain", true},
        {BYTES("caf\xc3\xa9 \xf0\x9f\x98\x80"), "text/plain", true},
        {BYTES("caf\xe9"), "application/octet-stream", false}, /* Latin-1 */
        {BYTES("caf\xc3"), "application/octet-stream", false}, /* cut */
        {BYTES("a\0b"), "application/octet-stream", false},
        {BYTES("a\x7f"), "application/octet-stream", false},
        {BYTES("a\x01"), "application/octet-stream", false},
        {BYTES("\xff\xfe"
               "a\0"),
         "application/octet-stream", false}, /* UTF-16 */
        {BYTES("<svg xmlns=\"http://www.w3.org/2000/svg\">"), "image/svg+xml", false},
        {BYTES("\xef\xbb\xbf \n<?xml version=\"1.0\"?>\n<!-- a -->\n<SVG>"), "image/svg+xml",
         false},
        {BYTES("<?xml version=\"1.0\"?><rss/>"), "text/plain", true},
        {BYTES("\n<!DOCTYPE HTML><script>"), "text/html", false},
        {BYTES("<Html>"), "text/html", false},
        {BYTES("about <html>"), "text/plain", true},
    };
    check_rows(rows, sizeof rows / sizeof rows[0]);
    CU_ASSERT_FALSE(kind_shown(TEXT("")));
    CU_ASSERT_FALSE(kind_shown(TEXT("text/html; charset=utf-8")));
}

/* A character that lies on the border of two pieces is one. */
static void text_may_come_in_pieces(void)
{
    static const char text[] = "caf\xc3\xa9 \xf0\x9f\x98\x80";
    for (size_t cut = 0; cut < sizeof text; cut++) {
        struct plain p = {0};
        plain_feed(&p, (struct text){text, cut});
        plain_feed(&p, (struct text){text + cut, sizeof text - 1 - cut});
        CU_ASSERT_TRUE(plain_is(&p));
    }
}

/* ---- pictures */

static void check_size(struct text bytes, const char *type, unsigned width, unsigned height)
{
    struct kind k = look(bytes);
    CHECK_TEXT(k.type, type);
    CHECK_INT(k.width, width);
    CHECK_INT(k.height, height);
    for (size_t len = 0; len < bytes.len; len++) { /* cut anywhere: it is not told, or the same */
        k = look((struct text){bytes.data, len});
        CU_ASSERT_TRUE((k.width == 0 && k.height == 0) || (k.width == width && k.height == height));
    }
}

#define PNG "\x89PNG\r\n\x1a\n\0\0\0\rIHDR"

static void a_picture_has_a_size(void)
{
    static const struct {
        struct text bytes;
        const char *type;
        unsigned width, height;
    } rows[] = {
        {BYTES(PNG "\0\0\1\2\0\0\0\3\x08\6\0\0\0"), "image/png", 258, 3},
        {BYTES(PNG "\0\0\0\0\0\0\0\3\x08\6\0\0\0"), "image/png", 0, 0}, /* no width is no picture */
        {BYTES("GIF89a\2\1\3\0\0\0\0"), "image/gif", 258, 3},
        {BYTES("RIFF\x1e\0\0\0WEBPVP8 \x12\0\0\0\x30\1\0\x9d\1\x2a\2\x41\3\x80\0\0"), "image/webp",
         258, 3},
        /* 14 bits each: 257, 2 */
        {BYTES("RIFF\x1e\0\0\0WEBPVP8L\x12\0\0\0\x2f\1\x81\0\0\0\0\0\0\0\0\0"), "image/webp", 258,
         3},
        {BYTES("RIFF\x1e\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0\1\1\0\2\0\0"), "image/webp", 258, 3},
        {BYTES("RIFF\x1e\0\0\0WEBPVP9 \x0a\0\0\0\0\0\0\0\1\1\0\2\0\0"), "image/webp", 0, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        check_size(rows[i].bytes, rows[i].type, rows[i].width, rows[i].height);
}

#define SOF(marker) "\xff" marker "\0\x0b\x08\0\3\1\2\1\1\x11\0"
#define EXIF(order, magic, at, count, tag, value)                                                  \
    "\xff\xe1\0\x22"                                                                               \
    "Exif\0\0" order magic at count tag value "\0\0\0\0"

static void a_photo_is_as_large_as_it_is_held(void)
{
    static const struct {
        struct text bytes;
        unsigned width, height;
    } rows[] = {
        {BYTES("\xff\xd8" SOF("\xc0")), 258, 3},
        {BYTES("\xff\xd8\xff\xff" SOF("\xc2")), 258, 3},       /* filling, progressive */
        {BYTES("\xff\xd8\xff\xc4\0\4aa" SOF("\xc1")), 258, 3}, /* tables before */
        {BYTES("\xff\xd8\xff\xda\0\4aa" SOF("\xc1")), 0, 0},   /* the picture has begun */
        {BYTES("\xff\xd8\xff\xe0\0\1" SOF("\xc0")), 0, 0},     /* no length */
        {BYTES("\xff\xd8\xff\xe0\xff\xff" SOF("\xc0")), 0, 0}, /* it ends before that */
        /* big-endian, orientation 6: turned by a quarter */
        {BYTES("\xff\xd8" EXIF("MM", "\0\x2a", "\0\0\0\x08", "\0\1", "\1\x12\0\3\0\0\0\1",
                               "\0\6\0\0") SOF("\xc0")),
         3, 258},
        /* little-endian, 8 */
        {BYTES("\xff\xd8" EXIF("II", "\x2a\0", "\x08\0\0\0", "\1\0", "\x12\1\3\0\1\0\0\0",
                               "\x08\0\0\0") SOF("\xc0")),
         3, 258},
        /* 3: on its head, as wide as before */
        {BYTES("\xff\xd8" EXIF("MM", "\0\x2a", "\0\0\0\x08", "\0\1", "\1\x12\0\3\0\0\0\1",
                               "\0\3\0\0") SOF("\xc0")),
         258, 3},
        /* another tag; a directory that is nowhere; more entries than there are */
        {BYTES("\xff\xd8" EXIF("MM", "\0\x2a", "\0\0\0\x08", "\0\1", "\1\x13\0\3\0\0\0\1",
                               "\0\6\0\0") SOF("\xc0")),
         258, 3},
        {BYTES("\xff\xd8" EXIF("MM", "\0\x2a", "\xff\xff\xff\xff", "\0\1", "\1\x12\0\3\0\0\0\1",
                               "\0\6\0\0") SOF("\xc0")),
         258, 3},
        {BYTES("\xff\xd8" EXIF("MM", "\0\x2a", "\0\0\0\x08", "\xff\xff", "\1\x13\0\3\0\0\0\1",
                               "\0\6\0\0") SOF("\xc0")),
         258, 3},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        check_size(rows[i].bytes, "image/jpeg", rows[i].width, rows[i].height);
}

/* A thumbnail's ispe stands before that of the picture. */
static void the_largest_image_of_an_avif_is_the_picture(void)
{
    static const struct text plain = BYTES("\0\0\0\x1c"
                                           "ftypavif\0\0\0\0"
                                           "\0\0\0\x14ispe\0\0\0\0\0\0\0\x10\0\0\0\x10"
                                           "\0\0\0\x14ispe\0\0\0\0\0\0\1\2\0\0\0\3....");
    struct kind k = look(plain);
    CHECK_INT(k.width, 258);
    CHECK_INT(k.height, 3);
    static const struct text turned = BYTES("\0\0\0\x1c"
                                            "ftypavif\0\0\0\0"
                                            "\0\0\0\x14ispe\0\0\0\0\0\0\1\2\0\0\0\3"
                                            "\0\0\0\x09irot\1...");
    k = look(turned);
    CHECK_INT(k.width, 3);
    CHECK_INT(k.height, 258);
}

UNIT("files/kind", CASE(its_begin_tells_what_a_file_is),
     CASE(text_is_text_whatever_letters_it_begins_with), CASE(text_may_come_in_pieces),
     CASE(a_picture_has_a_size), CASE(a_photo_is_as_large_as_it_is_held),
     CASE(the_largest_image_of_an_avif_is_the_picture))
