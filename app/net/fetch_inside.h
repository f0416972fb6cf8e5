/* fetch_inside: what GET and POST share. Nobody else includes it. */
#ifndef SNUG_NET_FETCH_INSIDE_H
#define SNUG_NET_FETCH_INSIDE_H

#include "net/fetch.h"

#include <curl/curl.h>

/* curl is there from here on. thread: any */
void fetch_start_once(void);

/* What every request has. schemes: as curl wants them, "https". why: curl writes its sentence there. False: curl refused. */
bool fetch_set_up(CURL *curl, const char *schemes, int64_t deadline_ms, const atomic_bool *stop,
                  char why[FETCH_WHY_SIZE]);

/* Writes the sentence, returns e. */
enum err fetch_say(char why[FETCH_WHY_SIZE], enum err e, const char *words);

/* What a result other than CURLE_OK means. errors: ERR_IO, ERR_TIMEOUT, ERR_CLOSED, ERR_NOMEM */
enum err fetch_failed(CURLcode result, char why[FETCH_WHY_SIZE]);

#endif
