/* toml_scalar.c - numbers, booleans and dates. */
#include "import/toml_reader.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { WORD_MAX = 128 };

/* The characters that a scalar may be made of, as a word. */
static size_t read_word(struct toml_reader *r, char word[WORD_MAX + 1])
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "0123456789+-._:";
    size_t length = 0;

    for (;;) {
        char c = toml_peek(r, length);
        /* A date and a time may have a blank between them. */
        bool is_gap = c == ' ' && length == 10 && word[4] == '-' && toml_peek(r, 11) >= '0' &&
                      toml_peek(r, 11) <= '9';
        if (length == WORD_MAX || c == '\0' || (!strchr(letters, c) && !is_gap)) {
            word[length] = '\0';
            return length;
        }
        word[length++] = c;
    }
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Takes the underscores out, which must stand between digits. */
static bool drop_underscores(char *word, const char *digits)
{
    char *to = word;

    for (const char *at = word; *at; at++) {
        if (*at != '_') {
            *to++ = *at;
        } else if (at == word || !strchr(digits, at[-1]) || !at[1] || !strchr(digits, at[1])) {
            return false;
        }
    }
    *to = '\0';
    return true;
}

/* 1: read; 0: no whole number; -1: too large. */
static int read_integer(char *word, int64_t *ret)
{
    static const struct {
        const char *prefix;
        const char *digits;
        int base;
    } bases[] = { { "0x", "0123456789abcdefABCDEF", 16 },
                  { "0o", "01234567", 8 },
                  { "0b", "01", 2 },
                  { "", "0123456789", 10 } };
    size_t i = 0;

    while (strncmp(word, bases[i].prefix, strlen(bases[i].prefix)) != 0) {
        i++;
    }
    bool has_sign = bases[i].base == 10 && (word[0] == '+' || word[0] == '-');
    char *digits = word + strlen(bases[i].prefix) + has_sign;
    if (!drop_underscores(digits, bases[i].digits) || !*digits ||
        digits[strspn(digits, bases[i].digits)] ||
        (bases[i].base == 10 && digits[0] == '0' && digits[1])) {
        return 0;
    }
    errno = 0;
    *ret = strtoll(bases[i].base == 10 ? word : digits, NULL, bases[i].base);
    return errno == 0 ? 1 : -1;
}

static bool is_float(const char *at)
{
    at += *at == '+' || *at == '-';
    if (!is_digit(*at) || (at[0] == '0' && is_digit(at[1]))) {
        return false;
    }
    at += strspn(at, "0123456789");
    if (*at == '.') {
        at++;
        if (!is_digit(*at)) {
            return false;
        }
        at += strspn(at, "0123456789");
    }
    if (*at == 'e' || *at == 'E') {
        at++;
        at += *at == '+' || *at == '-';
        if (!is_digit(*at)) {
            return false;
        }
        at += strspn(at, "0123456789");
    }
    return *at == '\0';
}

static bool read_float(char *word, double *ret)
{
    const char *plain = word + (word[0] == '+' || word[0] == '-');
    double sign = word[0] == '-' ? -1.0 : 1.0;

    if (strcmp(plain, "inf") == 0 || strcmp(plain, "nan") == 0) {
        *ret = plain[0] == 'i' ? sign * INFINITY : NAN;
        return true;
    }
    if (!drop_underscores(word, "0123456789") || !is_float(word)) {
        return false;
    }
    *ret = strtod(word, NULL);
    return true;
}

/* Whether the text begins like the form, in which 0 stands for a digit; how long it is. */
static size_t matches(const char *text, const char *form)
{
    size_t i = 0;

    for (; form[i]; i++) {
        if (form[i] == '0' ? !is_digit(text[i]) : text[i] != form[i]) {
            return 0;
        }
    }
    return i;
}

/* Of dates and times only the form is looked at. */
static bool is_date(const char *word)
{
    size_t date = matches(word, "0000-00-00");
    const char *at = word + date;

    if (date > 0 && !*at) {
        return true;
    }
    at += date > 0 && (*at == 'T' || *at == 't' || *at == ' ');
    size_t time = matches(at, "00:00:00");
    if (time == 0) {
        return false;
    }
    at += time;
    if (*at == '.') {
        at++;
        size_t digits = strspn(at, "0123456789");
        at += digits;
        if (digits == 0) {
            return false;
        }
    }
    if (date > 0 &&
        (strcmp(at, "Z") == 0 || strcmp(at, "z") == 0 ||
         (matches(at, "+00:00") == 6 && !at[6]) || (matches(at, "-00:00") == 6 && !at[6]))) {
        return true;
    }
    return *at == '\0';
}

int toml_read_scalar(struct toml_reader *r, struct toml_value *ret)
{
    char word[WORD_MAX + 1] = "";
    char copy[WORD_MAX + 1];
    size_t length = read_word(r, word);

    memcpy(copy, word, sizeof(copy));
    int integer = read_integer(copy, &ret->integer);
    if (integer < 0) {
        return err_at(r->err, toml_here(r), "%.60s does not fit in 64 bits", word);
    }
    memcpy(copy, word, sizeof(copy));
    if (integer > 0) {
        ret->kind = TOML_INTEGER;
    } else if (strcmp(word, "true") == 0 || strcmp(word, "false") == 0) {
        ret->kind = TOML_BOOL;
        ret->integer = word[0] == 't';
    } else if (is_date(word)) {
        ret->kind = TOML_DATE;
    } else if (read_float(copy, &ret->number)) {
        ret->kind = TOML_FLOAT;
    } else {
        return err_at(r->err, toml_here(r), "%s%.60s%s is no value; texts stand in quotes",
                      length ? "'" : "", length ? word : "this", length ? "'" : "");
    }
    r->at += length;
    return 0;
}
