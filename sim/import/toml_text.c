/* toml_text.c - texts in quotes: one or more lines, with escapes or without. */
#include "import/toml_reader.h"

#include <string.h>

/* A text while it is put together. */
struct builder {
    char *bytes; /* Room for all that can come. */
    size_t size;
};

static void put_code(struct builder *b, uint32_t code)
{
    static const uint32_t limits[] = { 0x80, 0x800, 0x10000 };
    static const unsigned char firsts[] = { 0, 0xc0, 0xe0, 0xf0 };
    int more = 0;

    while (more < 3 && code >= limits[more]) {
        more++;
    }
    b->bytes[b->size++] = (char)(firsts[more] | code >> (6 * more));
    for (; more > 0; more--) {
        b->bytes[b->size++] = (char)(0x80 | (code >> (6 * (more - 1)) & 0x3f));
    }
}

static int digit_of(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

static int read_code(struct toml_reader *r, int digits, struct builder *b)
{
    struct place place = toml_here(r);
    uint32_t code = 0;

    r->at++;
    for (int i = 0; i < digits; i++) {
        int digit = digit_of(toml_peek(r, 0));
        if (digit < 0) {
            return err_at(r->err, toml_here(r), "%d hexadecimal digits are expected", digits);
        }
        code = code << 4 | (uint32_t)digit;
        r->at++;
    }
    if (code == 0 || code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) {
        return err_at(r->err, place, "there is no character of that number");
    }
    put_code(b, code);
    return 0;
}

/* A line end behind '\' in a text of several lines: it and all blanks after it are left out. */
static bool skip_continuation(struct toml_reader *r)
{
    size_t ahead = 0;

    while (toml_peek(r, ahead) == ' ' || toml_peek(r, ahead) == '\t') {
        ahead++;
    }
    ahead += toml_peek(r, ahead) == '\r';
    if (toml_peek(r, ahead) != '\n') {
        return false;
    }
    r->at += ahead;
    for (char c = toml_peek(r, 0); c == '\n' || c == ' ' || c == '\t' || c == '\r';
         c = toml_peek(r, 0)) {
        if (c == '\n') {
            toml_next_line(r);
        } else {
            r->at++;
        }
    }
    return true;
}

static int read_escape(struct toml_reader *r, bool is_long, struct builder *b)
{
    static const char names[] = "btnfr\"\\";
    static const char means[] = "\b\t\n\f\r\"\\";

    r->at++;
    if (is_long && skip_continuation(r)) {
        return 0;
    }
    char c = toml_peek(r, 0);
    const char *found = c ? strchr(names, c) : NULL;
    if (found) {
        b->bytes[b->size++] = means[found - names];
        r->at++;
        return 0;
    }
    if (c == 'u' || c == 'U') {
        return read_code(r, c == 'u' ? 4 : 8, b);
    }
    return err_at(r->err, toml_here(r),
                  "an escape is one of \\b \\t \\n \\f \\r \\\" \\\\ \\uXXXX \\UXXXXXXXX");
}

/* How many quotes stand here. */
static size_t count_quotes(const struct toml_reader *r, char quote)
{
    size_t count = 0;

    while (toml_peek(r, count) == quote) {
        count++;
    }
    return count;
}

/* Whether the text ends here; quotes that belong to it are put first. */
static bool ends(struct toml_reader *r, char quote, bool is_long, struct builder *b)
{
    size_t count = count_quotes(r, quote);
    size_t need = is_long ? 3 : 1;

    if (count < need) {
        return false;
    }
    size_t own = is_long ? count - need : 0;
    own = own > 2 ? 2 : own; /* Up to two may stand before the last three. */
    for (size_t i = 0; i < own; i++) {
        b->bytes[b->size++] = quote;
    }
    r->at += own + need;
    return true;
}

static int read_plain(struct toml_reader *r, bool is_long, struct builder *b)
{
    char c = toml_peek(r, 0);

    if (c == '\n' && is_long) {
        b->bytes[b->size++] = c;
        toml_next_line(r);
        return 0;
    }
    bool is_line_end = is_long && c == '\r' && toml_peek(r, 1) == '\n';
    if (((unsigned char)c < 0x20 && c != '\t' && !is_line_end) || c == 0x7f) {
        return err_at(r->err, toml_here(r),
                      "a control character in a text, or its end is missing");
    }
    if (!is_line_end) {
        b->bytes[b->size++] = c;
    }
    r->at++;
    return 0;
}

/* How many bytes the text can have at most: up to its last quote. */
static size_t room_of(const struct toml_reader *r, char quote, bool is_long)
{
    size_t ahead = is_long ? 3 : 1;
    size_t left = r->source->size - r->at;

    for (; ahead < left; ahead++) {
        char c = toml_peek(r, ahead);
        bool is_end = is_long ? c == quote && toml_peek(r, ahead + 1) == quote &&
                                    toml_peek(r, ahead + 2) == quote
                              : c == quote || c == '\n';
        if (is_end) {
            return ahead + 5;
        }
        ahead += c == '\\' && quote == '"';
    }
    return left;
}

int toml_read_text(struct toml_reader *r, bool is_key, const char **ret)
{
    struct place place = toml_here(r);
    char quote = toml_peek(r, 0);
    bool is_long = count_quotes(r, quote) >= 3;
    struct builder b = { 0 };

    if (is_long && is_key) {
        return err_at(r->err, place, "a key is a text of one line");
    }
    b.bytes = arena_take(r->arena, room_of(r, quote, is_long) + 1, 1);
    r->at += is_long ? 3 : 1;
    if (is_long &&
        (toml_peek(r, 0) == '\n' || (toml_peek(r, 0) == '\r' && toml_peek(r, 1) == '\n'))) {
        r->at += toml_peek(r, 0) == '\r';
        toml_next_line(r); /* The first line end is left out. */
    }
    while (!ends(r, quote, is_long, &b)) {
        if (r->at >= r->source->size) {
            return err_at(r->err, place, "the end of this text is missing");
        }
        bool is_escape = quote == '"' && toml_peek(r, 0) == '\\';
        if (is_escape ? read_escape(r, is_long, &b) : read_plain(r, is_long, &b)) {
            return -1;
        }
    }
    b.bytes[b.size] = '\0';
    *ret = b.bytes;
    return 0;
}
