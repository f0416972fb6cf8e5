/* call: from a method's name and its JSON parameters to its handler: the one place where the table's promises about
 * rights, types and bounds are kept, for every door.
 *
 * Unknown parameters are ignored. A known one of the wrong type, out of bounds or given twice is 107 with the field and
 * a sentence that names it ("text must have 1 to 16000 characters."). Texts are trimmed, \r\n and \r become \n, U+0000 is
 * refused. null is a wrong type, unless the table says otherwise; "" for an id that is not required means that it is
 * absent, as in our own objects. */
#ifndef SNUG_WIRE_CALL_H
#define SNUG_WIRE_CALL_H

#include "base/method.h"

/* Checks and calls; the reply is answered exactly once, here or by the handler.
 * in: params, one JSON object (empty text: {}), at most 16 levels, or 65 if the method takes JSON as it comes
 * errors: 104 no such method, or one for the command line alone; 101 not logged in; 103 right too low; 107 bad
 * parameter, with field; 100 no memory */
void method_call(const struct method_table *t, struct text name, struct text params,
                 const struct actor *actor, struct reply reply);

#endif
