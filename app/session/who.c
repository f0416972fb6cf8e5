/* who: what a client says of itself and what is known of it, for those who ask: methods, the hub, the history. */
#include "session/client.h"

#include <stdlib.h>

/* ---- whom it connects as */

struct person *person_new(const struct client_identity *who)
{
    const struct text user = text_of(who->user), user_json = text_of(who->user_json),
                      info_json = text_of(who->info_json),
                      channels_json = text_of(who->channels_json);
    struct person *p =
        malloc(sizeof *p + user.len + user_json.len + info_json.len + channels_json.len);
    if (!p)
        return NULL;
    *p = (struct person){.user_id = who->user_id,
                         .session_id = who->session_id,
                         .expires_ms = who->expires_ms,
                         .expiry_told = who->expiry_told,
                         .right = (uint8_t)who->right};
    char *at = p->bytes;
    p->user = text_keep(&at, user);
    p->user_json = text_keep(&at, user_json);
    p->info_json = text_keep(&at, info_json);
    p->channels_json = text_keep(&at, channels_json);
    return p;
}

const struct person *client_person(const struct client *c)
{
    static const struct person nobody = {.user_json = {"{}", 2}};
    const struct person *known = c->welcome->person ? c->welcome->person : c->person;
    return known ? known : &nobody;
}

/* ---- its words: one block, because there are many clients and most of these are empty */

struct text client_word(const struct client *c, enum word which)
{
    const char *at = c->words;
    for (unsigned i = 0; at && i < which; i++)
        at += strlen(at) + 1;
    return text_of(at);
}

static struct text up_to_nul(struct text t)
{
    const char *nul = t.len ? memchr(t.data, 0, t.len) : NULL;
    return nul ? (struct text){t.data, (size_t)(nul - t.data)} : t;
}

enum err client_set_word(struct client *c, enum word which, struct text t)
{
    static const size_t longest[WORD_COUNT] = {
        [WORD_ADDRESS] = sizeof((struct actor *)0)->address - 1,
        [WORD_PROGRAM] = sizeof((struct actor *)0)->client - 1,
        [WORD_TAB] = sizeof((struct ws_connection_record *)0)->tab - 1,
        [WORD_INFO] = sizeof((struct client_identity *)0)->info_json - 1,
        [WORD_KEY] = SIZE_MAX};
    struct text words[WORD_COUNT];
    size_t bytes = 0;
    for (unsigned i = 0; i < WORD_COUNT; i++) {
        words[i] = i == which ? up_to_nul(t) : client_word(c, i);
        if (words[i].len > longest[i])
            words[i].len = longest[i];
        bytes += words[i].len + 1;
    }
    char *all = calloc(1, bytes), *at = all;
    if (!all)
        return ERR_NOMEM;
    for (unsigned i = 0; i < WORD_COUNT; i++, at++) /* each with its end */
        (void)text_keep(&at, words[i]);
    free(c->words);
    c->words = all;
    return ERR_OK;
}

/* ---- for others */

void client_id(const struct client *c, char out[UUID_SIZE])
{
    env_uuid_text(c->id, out);
}

bool client_is(const struct client *c, struct text id)
{
    char own[UUID_SIZE];
    client_id(c, own);
    return text_is(text_of(own), id);
}

void client_actor(const struct client *c, struct actor *out)
{
    *out = (struct actor){.user_id = c->hub_client.user_id,
                          .session_id = c->session_id,
                          .right = (enum right)c->right,
                          .secure = c->secure};
    client_id(c, out->connection);
    text_copy(out->address, sizeof out->address, client_word(c, WORD_ADDRESS));
    text_copy(out->client, sizeof out->client, client_word(c, WORD_PROGRAM));
}

struct client_info client_info(const struct client *c, char id[UUID_SIZE])
{
    client_id(c, id);
    return (struct client_info){
        .user = client_user(c), .client = text_of(id), .conn_info = client_word(c, WORD_INFO)};
}
