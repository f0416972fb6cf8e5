#include "accounts/fold.h"

struct range {
    uint32_t from, to;
};

/* What is no letter above ASCII: Latin-1 signs, punctuation, money, symbols, arrows, emoji, wide punctuation. */
static const struct range no_word[] = {
    {0x80, 0xa9},     {0xab, 0xb1},     {0xb4, 0xb4},     {0xb6, 0xb8},       {0xbb, 0xbb},
    {0xbf, 0xbf},     {0xd7, 0xd7},     {0xf7, 0xf7},     {0x37e, 0x37e},     {0x387, 0x387},
    {0x55a, 0x55f},   {0x589, 0x58a},   {0x5be, 0x5be},   {0x60c, 0x60d},     {0x61b, 0x61f},
    {0x66a, 0x66d},   {0x6d4, 0x6d4},   {0x964, 0x965},   {0x1680, 0x1680},   {0x2000, 0x206f},
    {0x207a, 0x207e}, {0x208a, 0x208e}, {0x20a0, 0x20cf}, {0x2190, 0x245f},   {0x249c, 0x24e9},
    {0x2500, 0x2775}, {0x2794, 0x2bff}, {0x2e00, 0x2e7f}, {0x3000, 0x3004},   {0x3008, 0x3020},
    {0x3030, 0x3030}, {0x303d, 0x303f}, {0x30a0, 0x30a0}, {0x30fb, 0x30fb},   {0xd800, 0xdfff},
    {0xfe10, 0xfe19}, {0xfe30, 0xfe6f}, {0xfeff, 0xfeff}, {0xff01, 0xff0f},   {0xff1a, 0xff20},
    {0xff3b, 0xff40}, {0xff5b, 0xff65}, {0xffe0, 0xffff}, {0x1f000, 0x1faff},
};

bool char_in_word(uint32_t c)
{
    if (c < 0x80)
        return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    if (c >= 0x20000)
        return c < 0xe0000;
    for (size_t i = 0; i < sizeof no_word / sizeof no_word[0]; i++)
        if (c >= no_word[i].from && c <= no_word[i].to)
            return false;
    return true;
}

bool char_is_accent(uint32_t c)
{
    return (c >= 0x300 && c <= 0x36f) || (c >= 0x1ab0 && c <= 0x1aff) ||
           (c >= 0x20d0 && c <= 0x20ff);
}

/* Latin letters by their letter without accent, as SQLite's tokenizer has them; '.': stays, apart from case. */
/* clang-format off */
static const char latin[] =
    "aaaaaa.ceeeeiiii" /* 00C0 */
    ".nooooo..uuuuy.." /* 00D0 */
    "aaaaaa.ceeeeiiii" /* 00E0 */
    ".nooooo..uuuuy.y" /* 00F0 */
    "aaaaaaccccccccdd" /* 0100 */
    "..eeeeeeeeeegggg" /* 0110 */
    "gggghh..iiiiiiii" /* 0120 */
    "i...jjkk.llllll." /* 0130 */
    "...nnnnnn...oooo" /* 0140 */
    "oo..rrrrrrssssss" /* 0150 */
    "sstttt..uuuuuuuu" /* 0160 */
    "uuuuwwyyyzzzzzzs" /* 0170 */
    "................" /* 0180 */
    "................" /* 0190 */
    "oo.............u" /* 01A0 */
    "u..............." /* 01B0 */
    ".............aai" /* 01C0 */
    "ioouuuuuuuuuu.aa" /* 01D0 */
    "......ggkkoooo.." /* 01E0 */
    "j...gg..nnaa...." /* 01F0 */
    "aaaaeeeeiiiioooo" /* 0200 */
    "rrrruuuusstt..hh" /* 0210 */
    "......aaeeoooooo" /* 0220 */
    "ooyy............" /* 0230 */
    "................" /* 0240 */;
static const char latin_more[] =
    "aabbbbbbccdddddd" /* 1E00 */
    "ddddeeeeeeeeeeff" /* 1E10 */
    "gghhhhhhhhhhiiii" /* 1E20 */
    "kkkkkkllllllllmm" /* 1E30 */
    "mmmmnnnnnnnnoooo" /* 1E40 */
    "oooopppprrrrrrrr" /* 1E50 */
    "sssssssssstttttt" /* 1E60 */
    "ttuuuuuuuuuuvvvv" /* 1E70 */
    "wwwwwwwwwwxxxxyy" /* 1E80 */
    "zzzzzzhtwy.s...." /* 1E90 */
    "aaaaaaaaaaaaaaaa" /* 1EA0 */
    "aaaaaaaaeeeeeeee" /* 1EB0 */
    "eeeeeeeeiiiioooo" /* 1EC0 */
    "oooooooooooooooo" /* 1ED0 */
    "oooouuuuuuuuuuuu" /* 1EE0 */
    "uuyyyyyyyy......" /* 1EF0 */;
/* clang-format on */

/* Greek keeps its accents, as in SQLite; a sigma at the end is a sigma. */
static uint32_t lower_greek(uint32_t c)
{
    if (c >= 0x391 && c <= 0x3ab)
        return c + 0x20;
    if (c >= 0x388 && c <= 0x38a)
        return c + 0x25;
    if (c >= 0x3d8 && c <= 0x3ef)
        return c | 1;
    switch (c) {
    case 0x386:
        return 0x3ac;
    case 0x38c:
        return 0x3cc;
    case 0x38e:
    case 0x38f:
        return c + 0x3f;
    case 0x3c2:
        return 0x3c3;
    default:
        return c;
    }
}

static uint32_t lower_cyrillic(uint32_t c)
{
    if (c < 0x410)
        return c + 0x50;
    if (c < 0x430)
        return c + 0x20;
    if (c >= 0x4c1 && c <= 0x4ce)
        return c % 2 ? c + 1 : c;
    if (c == 0x4c0)
        return 0x4cf;
    bool pairs = (c >= 0x460 && c <= 0x481) || (c >= 0x48a && c <= 0x4bf) || c >= 0x4d0;
    return pairs ? c | 1 : c;
}

static uint32_t lower(uint32_t c)
{
    if ((c >= 'A' && c <= 'Z') || (c >= 0xc0 && c <= 0xde && c != 0xd7))
        return c + 0x20;
    if ((c >= 0x100 && c <= 0x137) || (c >= 0x14a && c <= 0x177) || (c >= 0x1de && c <= 0x1ef) ||
        (c >= 0x1f8 && c <= 0x233) || (c >= 0x246 && c <= 0x24f) || (c >= 0x1e00 && c <= 0x1eff))
        return c | 1;
    if ((c >= 0x139 && c <= 0x148) || (c >= 0x179 && c <= 0x17e))
        return c % 2 ? c + 1 : c;
    if (c >= 0x370 && c < 0x400)
        return lower_greek(c);
    if (c >= 0x400 && c < 0x530)
        return lower_cyrillic(c);
    if (c >= 0x531 && c <= 0x556) /* Armenian */
        return c + 0x30;
    if (c >= 0xff21 && c <= 0xff3a)
        return c + 0x20;
    return c == 0xb5 ? 0x3bc : c; /* the micro sign */
}

uint32_t char_fold(uint32_t c)
{
    _Static_assert(sizeof latin == 0x250 - 0xc0 + 1, "one letter for each");
    _Static_assert(sizeof latin_more == 0x1f00 - 0x1e00 + 1, "one letter for each");
    char letter = '.';
    if (c >= 0xc0 && c < 0x250)
        letter = latin[c - 0xc0];
    else if (c >= 0x1e00 && c < 0x1f00)
        letter = latin_more[c - 0x1e00];
    return letter != '.' ? (uint32_t)letter : lower(c);
}
