/* close_code: the close codes of close_codes.def as an enum. */
#ifndef SNUG_SESSION_CLOSE_CODE_H
#define SNUG_SESSION_CLOSE_CODE_H

#include "base/text.h"

enum close_code {
#define CLOSE(name, code, reason) CLOSE_##name = (code),
#include "session/close_codes.def"
#undef CLOSE
};

/* The reason that belongs to a code; empty for codes that are not ours. */
struct text close_reason(unsigned code);

#endif
