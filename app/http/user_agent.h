/* user_agent: who is there, in two words for people: "Firefox, Linux". A hint, never a decision. */
#ifndef SNUG_HTTP_USER_AGENT_H
#define SNUG_HTTP_USER_AGENT_H

#include "base/text.h"

/* Writes "program, system", one of them, or "" if nothing is known, into out. */
void user_agent_words(struct text user_agent, char *out, size_t size);

#endif
