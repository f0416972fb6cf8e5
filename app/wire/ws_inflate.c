#include "wire/ws_inflate.h"

#include "base/must.h"

#include <limits.h>
#include <stdlib.h>
#define ZLIB_CONST /* what is read is not written */
#include <zlib.h>

#define AT_BLOCK 128 /* zlib's z_stream.data_type: between two blocks */

void ws_inflate_fini(struct ws_inflate *i)
{
    if (i->stream)
        (void)inflateEnd(i->stream);
    free(i->stream);
    i->stream = NULL;
}

void ws_inflate_begin(struct ws_inflate *i)
{
    i->at_start = true;
}

/* Never less than 9 bits: clients whose zlib is told 8 may use 9 in fact. */
static enum err open_stream(struct ws_inflate *i)
{
    z_stream *z = calloc(1, sizeof *z);
    if (!z || inflateInit2(z, i->window_bits < 9 ? -9 : -i->window_bits) != Z_OK) {
        free(z);
        return ERR_NOMEM;
    }
    i->stream = z;
    return ERR_OK;
}

/* One call of zlib. A block that says it is the last one is not: the next message goes on behind it, and may reach
 * back over it, so that only the state starts again and the window stays. */
static enum err run(struct ws_inflate *i)
{
    z_stream *z = i->stream;
    uInt before = z->avail_in;
    int code = inflate(z, Z_SYNC_FLUSH);
    if (z->avail_in < before)
        i->at_start = false;
    if (code == Z_STREAM_END) {
        i->at_start = true;
        code = inflateResetKeep(z);
    }
    if (code == Z_MEM_ERROR)
        return ERR_NOMEM;
    return code == Z_OK || code == Z_BUF_ERROR ? ERR_OK : ERR_BAD_REQUEST;
}

enum err ws_inflate_some(struct ws_inflate *i, struct text *piece, char *out, size_t room,
                         size_t *out_len)
{
    must(i->window_bits > 0 && room > 0 && room <= INT_MAX);
    if (!i->stream && piece->len == 0) {
        *out_len = 0;
        return ERR_OK;
    }
    enum err e = i->stream ? ERR_OK : open_stream(i);
    if (e != ERR_OK)
        return e;
    z_stream *z = i->stream;
    uInt some = piece->len < INT_MAX ? (uInt)piece->len : INT_MAX;
    z->next_in = (const Bytef *)piece->data;
    z->avail_in = some;
    z->next_out = (Bytef *)out;
    z->avail_out = (uInt)room;
    e = run(i);
    if (e != ERR_OK && z->avail_out == room)
        return e; /* else what came before the fault first: the next call says the same */
    *piece = text_after(*piece, some - z->avail_in);
    *out_len = room - z->avail_out;
    return ERR_OK;
}

/* In data that is whole these bytes are an empty block and bring nothing; in data that is cut they bring something, or
 * do not end between two blocks. */
static bool tail_fits(struct ws_inflate *i)
{
    static const char bytes[] = "\x00\x00\xff\xff";
    struct text tail = {bytes, sizeof bytes - 1};
    char scrap[1];
    size_t n;
    return ws_inflate_some(i, &tail, scrap, sizeof scrap, &n) == ERR_OK && n == 0 &&
           tail.len == 0 && i->stream->data_type & AT_BLOCK;
}

enum err ws_inflate_end(struct ws_inflate *i)
{
    enum err e = i->at_start || tail_fits(i) ? ERR_OK : ERR_BAD_REQUEST;
    if (!i->takeover)
        ws_inflate_fini(i);
    return e;
}
