/* plan: what the built-in agent does with a text: a pure function, so that a run that goes on after a restart does the same.
 *
 * The text is matched without case, punctuation and a leading @nook. What is not understood is searched for. */
#ifndef SNUG_AGENTS_PLAN_H
#define SNUG_AGENTS_PLAN_H

#include "base/text.h"

enum intent {
    INTENT_UNREAD,  /* what did I miss */
    INTENT_FIND,    /* find <words> */
    INTENT_MEMBERS, /* who is here */
    INTENT_SERVER,  /* how is the server */
    INTENT_WORDS,   /* anything else: its words are searched */
    INTENT_COUNT
};

struct plan {
    enum intent intent;
    struct text words; /* of a search: may be empty. Borrowed from the text */
};

struct plan plan_of(struct text text);

/* The one tool of an intent: "search_messages". Static. */
const char *plan_tool(enum intent intent);

/* What may be shown of its reasoning, and why it uses the tool: one sentence each. Static. */
const char *plan_thought(enum intent intent);
const char *plan_purpose(enum intent intent);

/* The question in a message that mentions @nook anywhere, or that was said to_agent alone; false: it asks nothing,
 * as a file without words does.
 * out: what follows the name (without ", : -" directly behind it); if nothing does, what stands before it; else the
 * whole message. Borrowed from it */
bool plan_asked(struct text message, bool to_agent, struct text *out_question);

#endif
