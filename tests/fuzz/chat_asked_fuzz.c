/* Any bytes as a search, and after the first line end, a text: what is taken apart is within its bounds, what looks in the text
 * agrees with itself, and the expressions for the index have their quotes in pairs. */
#include "base/must.h"
#include "chat/asked.h"
#include "wire/json.h"
#include "wire/utf8.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_expression(struct text fts)
{
    size_t quotes = 0;
    for (size_t i = 0; i < fts.len; i++)
        quotes += fts.data[i] == '"';
    must(quotes % 2 == 0 && (fts.len == 0 || (quotes && text_starts(fts, TEXT("text : \"")))));
}

static void check_names(const struct names *names, struct text query)
{
    must(names->count <= NAMES_MAX);
    for (size_t i = 0; i < names->count; i++) {
        struct text name = names->at[i].name;
        must(name.len > 0 && name.data >= query.data &&
             name.data + name.len <= query.data + query.len);
    }
}

static void check_text(struct asked *a, struct text text)
{
    struct buf marks;
    buf_init(&marks, (size_t)64 * 1024);
    bool found = words_find(a->words, text, TEXT_NONE, &marks);
    must(found == words_find(a->words, text, TEXT_NONE, NULL) && words_err(a->words) == ERR_OK);
    must(json_valid(buf_text(&marks), 3));
    must(!found || words_any(a->words) || words_any_unwanted(a->words));
    double rank = words_rank(a->words, text, TEXT_NONE);
    must(rank >= 0 && (rank > 0) <= words_any(a->words) &&
         (!found || (rank > 0) == words_any(a->words)));
    must(facts_of(text, TEXT_NONE) <= (FACT_LINK | FACT_CODE));
    buf_fini(&marks);
}

static void check_days(const struct asked *a)
{
    struct buf days;
    buf_init(&days, (size_t)16 * 1024);
    facts_add_days(&days, a->since_ms, a->until_ms);
    must(days.err == ERR_OK && text_starts(buf_text(&days), TEXT("facts : (")));
    buf_fini(&days);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *exact = malloc(size ? size : 1);
    must(exact);
    if (size)
        memcpy(exact, data, size);
    struct text text = {exact, size}, query;
    struct asked a;
    bool two = text_split(&text, '\n', &query);
    if (two && query.len <= (size_t)4 * QUERY_CHARS_MAX && utf8_valid(query) &&
        !memchr(query.len ? query.data : "-", '\0', query.len ? query.len : 1)) {
        must(asked_read(&a, query, size % 2 ? ZONE_MAX_MINUTES : -ZONE_MAX_MINUTES) == ERR_OK);
        check_names(&a.from, query);
        check_names(&a.in, query);
        check_expression(words_fts(a.words));
        check_expression(words_fts_unwanted(a.words));
        must(a.since_ms < a.until_ms || a.impossible);
        if (a.since_ms < a.until_ms)
            check_days(&a);
        if (text.data && utf8_valid(text))
            check_text(&a, text);
        asked_fini(&a);
    }
    free(exact);
    return 0;
}
