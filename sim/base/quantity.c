#include "base/quantity.h"

#include "base/assert.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { DIGITS_MAX = 18 };

struct unit {
    const char *name;
    int64_t factor; /* In the kind's own unit. */
};

/* What a kind of quantity is called, and how it is written. */
struct kind {
    const char *what;    /* "a time" */
    const char *example; /* "2ms" */
    const char *guess;   /* Unit proposed for a bare number; NULL: bare is right. */
    const char *least;   /* "1 ns": what nothing may be finer than. */
    const struct unit *units;
    size_t unit_count;
};

static const struct unit time_units[] = {
    { "ns", 1 },         { "us", USEC }, { "ms", MSEC }, { "s", SEC },
    { "min", 60 * SEC }, { "h", HOUR },  { "d", DAY },
};
static const struct unit byte_units[] = {
    { "B", 1 },
    { "KiB", KIB },
    { "MiB", MIB },
    { "GiB", GIB },
    { "TiB", TIB },
    { "KB", 1000 },
    { "MB", 1000 * 1000 },
    { "GB", INT64_C(1000000000) },
    { "TB", INT64_C(1000000000000) },
};
static const struct unit bandwidth_units[] = {
    { "B/s", 1 },
    { "KiB/s", KIB },
    { "MiB/s", MIB },
    { "GiB/s", GIB },
    { "TiB/s", TIB },
    { "KB/s", 1000 },
    { "MB/s", 1000 * 1000 },
    { "GB/s", INT64_C(1000000000) },
    { "TB/s", INT64_C(1000000000000) },
};
static const struct unit share_units[] = { { "%", PPM / 100 } };
static const struct unit power_units[] = { { "mW", 1 }, { "W", 1000 }, { "kW", 1000000 } };
static const struct unit temperature_units[] = { { "C", 1000 } };
static const struct unit resistance_units[] = { { "K/W", 1000000 } };
static const struct unit rate_units[] = { { "/s", 1 }, { "/min", 60 }, { "/h", 3600 } };

static const struct kind time_kind = {
    "a time", "2ms", "ms", "1 ns", time_units, ARRAY_LEN(time_units),
};
static const struct kind bytes_kind = {
    "a size", "8GiB", "GiB", "1 byte", byte_units, ARRAY_LEN(byte_units),
};
static const struct kind bandwidth_kind = {
    "a bandwidth", "864GB/s", "GB/s", "1 byte/s", bandwidth_units, ARRAY_LEN(bandwidth_units),
};
static const struct kind share_kind = {
    "a share", "25%", "%", "0.0001 %", share_units, ARRAY_LEN(share_units),
};
static const struct kind power_kind = {
    "a power", "180W", "W", "1 mW", power_units, ARRAY_LEN(power_units),
};
static const struct kind temperature_kind = {
    "a temperature", "83C", "C", "0.001 C", temperature_units, ARRAY_LEN(temperature_units),
};
static const struct kind resistance_kind = {
    "a thermal resistance", "0.3K/W",         "K/W",
    "0.000001 K/W",         resistance_units, ARRAY_LEN(resistance_units),
};
static const struct kind rate_kind = {
    "a rate", "40/s", "/s", "", rate_units, ARRAY_LEN(rate_units),
};
static const struct kind count_kind = { "a count", "4", NULL, "1", NULL, 0 };
static const struct kind number_kind = { "a number", "0.5", NULL, "", NULL, 0 };

/* digits / 10^scale, and what follows. */
struct decimal {
    int64_t digits;
    int scale;
    const char *rest;
    int length; /* Bytes of the number itself. */
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static int64_t power_of_ten(int exponent)
{
    int64_t power = 1;

    assert(exponent >= 0 && exponent <= DIGITS_MAX);
    for (int i = 0; i < exponent; i++) {
        power *= 10;
    }
    return power;
}

static int refuse_form(const struct kind *kind, struct err *err)
{
    return err_set(err, ERR_SCENARIO, "%s is a plain decimal number%s, as %s", kind->what,
                   kind->guess ? " with its unit" : " without a unit", kind->example);
}

/* The digits of both parts; -1 when there are too many to keep. */
static int gather(const char *at, size_t length, struct decimal *ret)
{
    bool after_point = false;
    int scale = 0;
    int64_t digits = 0;

    for (size_t i = 0; i < length; i++) {
        if (at[i] == '.') {
            after_point = true;
            continue;
        }
        if (digits >= power_of_ten(DIGITS_MAX - 1) || scale == DIGITS_MAX) {
            return -1;
        }
        digits = digits * 10 + (at[i] - '0');
        scale += after_point;
    }
    ret->digits = digits;
    ret->scale = scale;
    return 0;
}

static int read_decimal(const char *string, const struct kind *kind, struct decimal *ret,
                        struct err *err)
{
    size_t whole = 0;
    size_t length;

    if (string[0] == '-' && is_digit(string[1])) {
        return err_set(err, ERR_SCENARIO, "%s must not be negative", kind->what);
    }
    while (is_digit(string[whole])) {
        whole++;
    }
    if (whole == 0 || (string[0] == '0' && whole > 1)) {
        return refuse_form(kind, err);
    }
    length = whole;
    if (string[length] == '.') {
        length++;
        while (is_digit(string[length])) {
            length++;
        }
        if (length == whole + 1) {
            return refuse_form(kind, err);
        }
    }
    ret->rest = string + length;
    ret->length = (int)length;
    /* Zeros at the end of a fraction say nothing. */
    while (length > whole && (string[length - 1] == '0' || string[length - 1] == '.')) {
        length--;
        if (string[length] == '.') {
            break;
        }
    }
    if (gather(string, length, ret)) {
        return err_set(err, ERR_SCENARIO, "%s has at most %d digits", kind->what, DIGITS_MAX);
    }
    return 0;
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool equal_but_case(const char *a, const char *b)
{
    while (*a && lower(*a) == lower(*b)) {
        a++;
        b++;
    }
    return lower(*a) == lower(*b);
}

/* The unit that was probably meant by `rest`, or NULL. */
static const struct unit *guess_unit(const struct kind *kind, const char *rest)
{
    while (*rest == ' ') {
        rest++;
    }
    for (size_t i = 0; i < kind->unit_count; i++) {
        if (equal_but_case(kind->units[i].name, rest)) {
            return &kind->units[i];
        }
    }
    for (size_t i = 0; i < kind->unit_count; i++) {
        if (rest[0] && strncmp(kind->units[i].name, rest, strlen(rest)) == 0) {
            return &kind->units[i];
        }
    }
    for (size_t i = 0; i < kind->unit_count; i++) {
        const char *name = kind->units[i].name;
        if (name[0] == rest[0] && (rest[0] != '/' || name[1] == rest[1])) {
            return &kind->units[i];
        }
    }
    return NULL;
}

static bool is_part(const struct decimal *number)
{
    return number->digits > 0 && number->digits < power_of_ten(number->scale);
}

/* A bare number below 1 is most likely a part of one, in place of a percentage. */
static int refuse_part(const struct decimal *number, struct err *err)
{
    struct text text;

    text_init(&text);
    quantity_write_share(&text,
                         (int64_t)((wide)number->digits * PPM / power_of_ten(number->scale)));
    (void)err_set(err, ERR_SCENARIO, "a share needs a unit: did you mean %s?", text.bytes);
    text_fini(&text);
    return -1;
}

static int refuse_unit(const struct kind *kind, const char *string,
                       const struct decimal *number, struct err *err)
{
    const char *rest = number->rest;
    char units[96] = "";

    if (rest[0] == '\0' && kind == &share_kind && is_part(number)) {
        return refuse_part(number, err);
    }
    if (rest[0] == '\0') {
        return err_set(err, ERR_SCENARIO, "%s needs a unit: did you mean %.*s%s?", kind->what,
                       number->length, string, kind->guess);
    }
    if (((rest[0] == 'e' || rest[0] == 'E') &&
         (is_digit(rest[1]) || rest[1] == '+' || rest[1] == '-')) ||
        strchr("xXoO_,.'", rest[0])) {
        return refuse_form(kind, err);
    }
    for (size_t i = 0; i < kind->unit_count; i++) {
        size_t used = strlen(units);
        (void)snprintf(units + used, sizeof(units) - used, "%s%s", i > 0 ? ", " : "",
                       kind->units[i].name);
    }
    const struct unit *guess = guess_unit(kind, rest);
    if (guess) {
        return err_set(err, ERR_SCENARIO, "the units of %s are %s: did you mean %.*s%s?",
                       kind->what, units, number->length, string, guess->name);
    }
    return err_set(err, ERR_SCENARIO, "the units of %s are %s", kind->what, units);
}

/* Reads a number and the factor of its unit (1 for a kind without units). */
static int read_quantity(const char *string, const struct kind *kind,
                         struct decimal *ret_number, int64_t *ret_factor, struct err *err)
{
    if (read_decimal(string, kind, ret_number, err)) {
        return -1;
    }
    if (!kind->guess) {
        *ret_factor = 1;
        return ret_number->rest[0] == '\0' ? 0 : refuse_form(kind, err);
    }
    for (size_t i = 0; i < kind->unit_count; i++) {
        if (strcmp(kind->units[i].name, ret_number->rest) == 0) {
            *ret_factor = kind->units[i].factor;
            return 0;
        }
    }
    return refuse_unit(kind, string, ret_number, err);
}

static int read_whole(const char *string, const struct kind *kind, int64_t *ret,
                      struct err *err)
{
    struct decimal number;
    int64_t factor = 1;

    if (read_quantity(string, kind, &number, &factor, err)) {
        return -1;
    }
    wide value = (wide)number.digits * factor;
    wide divisor = power_of_ten(number.scale);
    if (value % divisor != 0) {
        return kind == &count_kind ? err_set(err, ERR_SCENARIO, "a count is a whole number")
                                   : err_set(err, ERR_SCENARIO, "%s cannot be finer than %s",
                                             kind->what, kind->least);
    }
    value /= divisor;
    if (value > INT64_MAX) {
        return err_set(err, ERR_SCENARIO, "that is too large");
    }
    *ret = (int64_t)value;
    return 0;
}

/* n / d to the nearest double, halves to even. 0 <= n, 0 < d < 2^72. */
static double ratio(wide n, wide d)
{
    int exponent = 0;

    if (n == 0) {
        return 0.0;
    }
    while (n / d >= (wide)1 << 55) {
        d *= 2;
        exponent++;
    }
    while (n < d << 54) {
        n *= 2;
        exponent--;
    }
    /* 55 bits and whether anything is left: enough for one correct rounding to 53. */
    int64_t quotient = (int64_t)(n / d);
    quotient |= n % d != 0;
    return ldexp((double)quotient, exponent);
}

int quantity_read_time(const char *string, nsec *ret_ns, struct err *err)
{
    return read_whole(string, &time_kind, ret_ns, err);
}

int quantity_read_bytes(const char *string, int64_t *ret_bytes, struct err *err)
{
    return read_whole(string, &bytes_kind, ret_bytes, err);
}

int quantity_read_bandwidth(const char *string, int64_t *ret_bytes, struct err *err)
{
    return read_whole(string, &bandwidth_kind, ret_bytes, err);
}

int quantity_read_share(const char *string, int64_t *ret_ppm, struct err *err)
{
    return read_whole(string, &share_kind, ret_ppm, err);
}

int quantity_read_power(const char *string, int64_t *ret_mw, struct err *err)
{
    return read_whole(string, &power_kind, ret_mw, err);
}

int quantity_read_temperature(const char *string, int64_t *ret, struct err *err)
{
    return read_whole(string, &temperature_kind, ret, err);
}

int quantity_read_resistance(const char *string, int64_t *ret, struct err *err)
{
    return read_whole(string, &resistance_kind, ret, err);
}

int quantity_read_count(const char *string, int64_t *ret, struct err *err)
{
    return read_whole(string, &count_kind, ret, err);
}

int quantity_read_number(const char *string, double *ret, struct err *err)
{
    struct decimal number;
    int64_t factor;

    if (read_quantity(string, &number_kind, &number, &factor, err)) {
        return -1;
    }
    *ret = ratio(number.digits, power_of_ten(number.scale));
    return 0;
}

int quantity_read_rate(const char *string, double *ret_per_second, double *ret_gap_ns,
                       struct err *err)
{
    struct decimal number;
    int64_t seconds;

    if (read_quantity(string, &rate_kind, &number, &seconds, err)) {
        return -1;
    }
    wide scaled = (wide)power_of_ten(number.scale) * seconds;
    if (ret_per_second) {
        *ret_per_second = ratio(number.digits, scaled);
    }
    if (ret_gap_ns) {
        *ret_gap_ns = number.digits == 0 ? INFINITY : ratio(scaled * SEC, number.digits);
    }
    return 0;
}

/* Whether the string is a number followed by something that looks like one of the units. */
static bool looks_like(const struct kind *kind, const char *string)
{
    struct decimal number;
    struct err err;

    return read_decimal(string, kind, &number, &err) == 0 && number.rest[0] != '\0' &&
           guess_unit(kind, number.rest) != NULL;
}

bool quantity_is_bytes(const char *string)
{
    struct decimal number;
    struct err err;

    if (read_decimal(string, &time_kind, &number, &err)) {
        return false;
    }
    for (size_t i = 0; i < time_kind.unit_count; i++) {
        if (strcmp(time_kind.units[i].name, number.rest) == 0) {
            return false;
        }
    }
    return looks_like(&bytes_kind, string);
}

bool quantity_is_rate(const char *string)
{
    return looks_like(&rate_kind, string);
}
