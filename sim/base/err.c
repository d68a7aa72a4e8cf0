#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>

int err_set(struct err *err, enum err_kind kind, const char *format, ...)
{
    va_list arguments;

    err->kind = kind;
    err->place = (struct place){ 0 };
    va_start(arguments, format);
    (void)vsnprintf(err->text, sizeof(err->text), format, arguments);
    va_end(arguments);
    return -1;
}

int err_at(struct err *err, struct place place, const char *format, ...)
{
    va_list arguments;

    err->kind = ERR_SCENARIO;
    err->place = place;
    va_start(arguments, format);
    (void)vsnprintf(err->text, sizeof(err->text), format, arguments);
    va_end(arguments);
    return -1;
}
