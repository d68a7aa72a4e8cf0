/* quantity_write.c - the writing half of quantity.h. */
#include "base/assert.h"
#include "base/quantity.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* As in quantity.c: digits before the point and behind. */
enum { DIGITS_MAX = 18, EXACT_DIGITS = 17, SHORT_DIGITS = 9 };

struct unit {
    const char *name;
    int64_t factor;
};

static const struct unit rates[] = { { "/s", 1 }, { "/min", 60 }, { "/h", 3600 } };

/* whole / divisor as a plain decimal number without needless zeros; divisor a power of ten. */
static void write_fraction(struct text *text, int64_t value, int64_t divisor)
{
    int64_t rest = value % divisor;

    text_printf(text, "%lld", (long long)(value / divisor));
    if (rest == 0) {
        return;
    }
    text_put(text, ".");
    while (rest != 0) {
        divisor /= 10;
        text_printf(text, "%d", (int)(rest / divisor));
        rest %= divisor;
    }
}

void quantity_write_time(struct text *text, nsec ns)
{
    static const struct unit units[] = { { "s", SEC }, { "ms", MSEC }, { "us", USEC } };

    assert(ns >= 0);
    for (size_t i = 0; i < ARRAY_LEN(units); i++) {
        if (ns >= units[i].factor || (ns == 0 && i == 0)) {
            write_fraction(text, ns, units[i].factor);
            text_put(text, units[i].name);
            return;
        }
    }
    text_printf(text, "%lldns", (long long)ns);
}

void quantity_write_bytes(struct text *text, int64_t bytes)
{
    static const struct unit units[] = {
        { "TiB", TIB }, { "TB", INT64_C(1000000000000) },
        { "GiB", GIB }, { "GB", INT64_C(1000000000) },
        { "MiB", MIB }, { "MB", 1000000 },
        { "KiB", KIB }, { "KB", 1000 },
        { "B", 1 },
    };
    size_t i = 0;

    assert(bytes >= 0);
    while (units[i].factor > 1 && (bytes == 0 || bytes % units[i].factor != 0)) {
        i++;
    }
    text_printf(text, "%lld%s", (long long)(bytes / units[i].factor), units[i].name);
}

void quantity_write_bandwidth(struct text *text, int64_t bytes)
{
    quantity_write_bytes(text, bytes);
    text_put(text, "/s");
}

void quantity_write_share(struct text *text, int64_t ppm)
{
    assert(ppm >= 0);
    write_fraction(text, ppm, PPM / 100);
    text_put(text, "%");
}

void quantity_write_power(struct text *text, int64_t mw)
{
    assert(mw >= 0);
    write_fraction(text, mw, 1000);
    text_put(text, "W");
}

void quantity_write_temperature(struct text *text, int64_t value)
{
    assert(value >= 0);
    write_fraction(text, value, 1000);
    text_put(text, "C");
}

void quantity_write_resistance(struct text *text, int64_t value)
{
    assert(value >= 0);
    write_fraction(text, value, 1000000);
    text_put(text, "K/W");
}

/* A number as the language writes it: at most DIGITS_MAX digits before the point and behind. */
enum { WRITTEN_MAX = 64 };

/* The number with that many significant digits, without an exponent; false if too long. */
static bool write_digits(char written[WRITTEN_MAX], double number, int digits)
{
    char form[40];
    int exponent;

    (void)snprintf(form, sizeof(form), "%.*e", digits - 1, number);
    if (sscanf(strchr(form, 'e') + 1, "%d", &exponent) != 1 || exponent > DIGITS_MAX ||
        exponent < -DIGITS_MAX) {
        return false;
    }
    int decimals = digits - 1 - exponent;
    (void)snprintf(written, WRITTEN_MAX, "%.*f", decimals > 0 ? decimals : 0, number);
    return true;
}

void quantity_write_number(struct text *text, double number)
{
    char written[WRITTEN_MAX];
    struct err err;
    double again;

    assert(number >= 0.0 && isfinite(number));
    for (int digits = 1; digits <= EXACT_DIGITS; digits++) {
        if (write_digits(written, number, digits) &&
            quantity_read_number(written, &again, &err) == 0 && again == number) {
            text_put(text, written);
            return;
        }
    }
    assert_never("a number that the language cannot write");
}

/* Tries the rate in that unit; true, and written, if it reads back as `want`. */
static bool try_rate(char written[WRITTEN_MAX], const struct unit *unit, int digits,
                     const double want[2])
{
    double got[2];
    struct err err;

    if (!write_digits(written, want[0] * (double)unit->factor, digits)) {
        return false;
    }
    strcat(written, unit->name);
    return quantity_read_rate(written, &got[0], &got[1], &err) == 0 &&
           (want[1] > 0.0 ? got[1] == want[1] : got[0] == want[0]);
}

/* want: per second, and the gap if that is what must come back, else 0. */
static void write_rate(struct text *text, const double want[2])
{
    char written[WRITTEN_MAX + 8];

    for (int most = SHORT_DIGITS; most <= EXACT_DIGITS; most += EXACT_DIGITS - SHORT_DIGITS) {
        for (size_t i = 0; i < ARRAY_LEN(rates) * (size_t)most; i++) {
            const struct unit *unit = &rates[i / (size_t)most];
            if (try_rate(written, unit, (int)(i % (size_t)most) + 1, want)) {
                text_put(text, written);
                return;
            }
        }
    }
    assert_never("a rate that the language cannot write");
}

void quantity_write_rate(struct text *text, double per_second)
{
    write_rate(text, (const double[2]){ per_second, 0.0 });
}

void quantity_write_gap(struct text *text, double gap_ns)
{
    if (isinf(gap_ns)) {
        text_put(text, "0/s");
        return;
    }
    write_rate(text, (const double[2]){ (double)SEC / gap_ns, gap_ns });
}
