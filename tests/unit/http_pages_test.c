/* Guards: each encoding of a file has its own ETag, and the theme is in the page before any script runs. */
#include "http/http.h"
#include "http/pages.h"
#include "http/web_assets.h"
#include "unit.h"

static void file_names_have_their_types(void)
{
    CHECK_TEXT(page_type(TEXT("/assets/a.1a2b3c4d.js")), "text/javascript; charset=utf-8");
    CHECK_TEXT(page_type(TEXT("/assets/a.1a2b3c4d.css")), "text/css; charset=utf-8");
    CHECK_TEXT(page_type(TEXT("/index.html")), "text/html; charset=utf-8");
    CHECK_TEXT(page_type(TEXT("/icon.svg")), "image/svg+xml");
    CHECK_TEXT(page_type(TEXT("/unknown")), "application/octet-stream");
    CHECK_TEXT(page_type(TEXT("js")), "application/octet-stream");
}

static bool contains(struct text t, const char *what)
{
    return t.data && memmem(t.data, t.len, what, strlen(what)) != NULL;
}

static void every_encoding_has_its_own_tag(void)
{
    struct pages *p;
    CHECK_INT(pages_new(&p), ERR_OK);
    for (size_t i = 0; i < web_assets_count; i++) {
        const struct page_file *f = pages_find(p, text_of(web_assets[i].path));
        CU_ASSERT_PTR_NOT_NULL_FATAL(f);
        if (!f)
            continue; /* the assertion above has left the test */
        CU_ASSERT(strcmp(f->copies[CODING_PLAIN].etag, f->copies[CODING_GZIP].etag) != 0);
        CU_ASSERT(strcmp(f->copies[CODING_GZIP].etag, f->copies[CODING_BROTLI].etag) != 0);
        CHECK_INT(f->forever, strncmp(f->path, "/assets/", 8) == 0);
    }
    CU_ASSERT_PTR_NULL(pages_find(p, TEXT("/assets/none.00000000.js")));
    pages_free(p);
}

/* A build without a page (SNUG_WEB_DIR=none) has nothing to theme: then there is no index at all. */
static void a_theme_is_written_into_the_page(void)
{
    struct pages *p;
    CHECK_INT(pages_new(&p), ERR_OK);
    const struct page_file *plain = pages_index(p, TEXT_NONE), *dark = pages_index(p, TEXT("dark")),
                           *light = pages_index(p, TEXT("light"));
    CHECK_INT(plain != NULL, pages_have(TEXT("/index.html")));
    CHECK_INT(http_page_build()[0] != 0, plain != NULL);
    CU_ASSERT(pages_index(p, TEXT("\"><script>")) == plain);
    if (plain) {
        CU_ASSERT(contains(dark->copies[0].bytes, "<html lang=\"en\" data-theme=\"dark\""));
        CU_ASSERT(contains(light->copies[0].bytes, "<html lang=\"en\" data-theme=\"light\""));
        CU_ASSERT(!contains(plain->copies[0].bytes, "data-theme=\"dark\""));
        CHECK_INT(dark->copies[0].bytes.len,
                  plain->copies[0].bytes.len + strlen(" data-theme=\"dark\""));
        CU_ASSERT(dark->copies[CODING_GZIP].bytes.len > 0);
        CU_ASSERT_PTR_NULL(dark->copies[CODING_BROTLI].bytes.data);
        CU_ASSERT(strcmp(dark->copies[0].etag, light->copies[0].etag) != 0);
        CU_ASSERT(strcmp(dark->copies[0].etag, plain->copies[0].etag) != 0);
    }
    pages_free(p);
}

UNIT("http/pages", CASE(file_names_have_their_types), CASE(every_encoding_has_its_own_tag),
     CASE(a_theme_is_written_into_the_page))
