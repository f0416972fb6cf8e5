#include "base/err.h"

#include "base/must.h"

struct err_row {
    int code;
    int status;
    bool temporary;
    const char *name;
    const char *text;
};

static const struct err_row rows[ERR_COUNT] = {
#define ERR(name, code, status, temporary, sentence) {code, status, temporary, #name, sentence},
#include "base/err.def"
#undef ERR
};

static const struct err_row *row(enum err e)
{
    must((unsigned)e < ERR_COUNT);
    return &rows[e];
}

int err_code(enum err e)
{
    return row(e)->code;
}

int err_status(enum err e)
{
    return row(e)->status;
}

bool err_temporary(enum err e)
{
    return row(e)->temporary;
}

const char *err_name(enum err e)
{
    return row(e)->name;
}

const char *err_text(enum err e)
{
    return row(e)->text;
}
