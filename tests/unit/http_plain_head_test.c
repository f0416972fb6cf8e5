/* Guards: only a head of the one form is read without CivetWeb, into the pieces that CivetWeb would find. */
#include "http/plain_head.h"

#include "unit.h"

#include <stdio.h>
#include <stdlib.h>

#define LINE "GET /connection/websocket?a=1 HTTP/1.1\r\n"

static void a_plain_head_falls_into_its_pieces(void)
{
    char bytes[] = LINE "Host: a.example:80\r\nX-1:  \r\nUpgrade: websocket\r\n\r\nbehind";
    struct plain_head h;
    char plain[] = LINE "Host: a.example:80\r\nUpgrade: websocket \r\n\r\nbehind";
    CU_ASSERT_FALSE(plain_head_read(bytes, sizeof bytes - 7, &h)); /* a value of white space */
    CU_ASSERT_TRUE(plain_head_read(plain, sizeof plain - 7, &h));
    CHECK_TEXT(plain, "GET");
    CHECK_TEXT(h.path, "/connection/websocket");
    CHECK_TEXT(h.query, "a=1");
    CHECK_TEXT(h.version, "1.1");
    CHECK_INT(h.count, 2);
    CHECK_TEXT(h.headers[0].name, "Host");
    CHECK_TEXT(h.headers[0].value, "a.example:80");
    CHECK_TEXT(h.headers[1].name, "Upgrade");
    CHECK_TEXT(h.headers[1].value, "websocket ");
    CHECK_TEXT(plain + sizeof plain - 9, "\r\nbehind"); /* the empty line stays */

    char bare[] = "GET / HTTP/1.1\r\n\r\n";
    CU_ASSERT_TRUE(plain_head_read(bare, sizeof bare - 1, &h));
    CHECK_TEXT(h.path, "/");
    CU_ASSERT_PTR_NULL(h.query);
    CHECK_INT(h.count, 0);

    char empty[] = LINE "X-1: \r\n\r\n";
    CU_ASSERT_TRUE(plain_head_read(empty, sizeof empty - 1, &h));
    CHECK_TEXT(h.headers[0].value, "");
}

static void everything_else_is_left_as_it_is(void)
{
    static const char *const heads[] = {
        "",
        "\r\n\r\n",
        "GET  HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.0\r\n\r\n",
        "GET / HTTP/1.1\n\n",
        "GET / HTTP/1.1\r\n\n",
        "GET /  HTTP/1.1\r\n\r\n",
        "GET\t/ HTTP/1.1\r\n\r\n",
        "get / HTTP/1.1\r\n\r\n",
        "POST / HTTP/1.1\r\n\r\n",
        "GET /%00 HTTP/1.1\r\n\r\n",
        "GET /\"# HTTP/1.1\r\n\r\n",
        "GET /\xc3\xa4 HTTP/1.1\r\n\r\n",
        LINE "Host: a\r\n",
        LINE "Host: a\n\r\n\r\n",
        LINE "Host: a\r\n\n",
        LINE "Host: a\nB: c\r\n\r\n",
        LINE "Host: a\rB: c\r\n\r\n",
        LINE "Host: a\r\r\n\r\n",
        LINE "Host:a\r\n\r\n",
        LINE "Host : a\r\n\r\n",
        LINE "Host:\ta\r\n\r\n",
        LINE "Host:  a\r\n\r\n",
        LINE "Host\r\n\r\n",
        LINE ": a\r\n\r\n",
        LINE "Ho st: a\r\n\r\n",
        LINE "Host: a\r\n b\r\n\r\n",
        LINE "Host: a\r\n\r\nB: c\r\n\r\n",
        LINE "X_1: a\r\n\r\n",
    };
    struct plain_head h;
    for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++) {
        size_t len = strlen(heads[i]);
        char *bytes = malloc(len + 1); /* so that the address sanitizer sees its end */
        memcpy(bytes, heads[i], len + 1);
        CU_ASSERT_FALSE(plain_head_read(bytes, len, &h));
        CU_ASSERT_EQUAL(memcmp(bytes, heads[i], len + 1), 0);
        free(bytes);
    }
}

/* 64 headers are read, 65 are not; and of a head that is cut anywhere nothing is. */
static void it_has_its_bounds(void)
{
    static const char line[] = "GET / HTTP/1.1\r\n", header[] = "A: b\r\n";
    char bytes[1024];
    struct plain_head h;
    for (unsigned count = 63; count <= 65; count++) {
        int len = snprintf(bytes, sizeof bytes, "%s", line);
        for (unsigned i = 0; i < count; i++)
            len += snprintf(bytes + len, sizeof bytes - (size_t)len, "%s", header);
        len += snprintf(bytes + len, sizeof bytes - (size_t)len, "\r\n");
        CHECK_INT(plain_head_read(bytes, (size_t)len, &h), count <= 64);
    }
    static const char whole[] = LINE "Host: a\r\nUpgrade: b\r\n\r\n";
    for (size_t len = 0; len < sizeof whole - 1; len++) {
        char *cut = malloc(len + 1);
        memcpy(cut, whole, len);
        cut[len] = 0;
        CU_ASSERT_FALSE(plain_head_read(cut, len, &h));
        free(cut);
    }
}

UNIT("http/plain_head", CASE(a_plain_head_falls_into_its_pieces),
     CASE(everything_else_is_left_as_it_is), CASE(it_has_its_bounds))
