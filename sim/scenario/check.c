#include "scenario/check.h"

#include "base/assert.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { NAME_MAX_LENGTH = 64, SHOWN_MAX = 40 };

/* Order of places: the scenario's own file first, then the others by name. */
static int compare_places(const struct check *check, const struct place *a,
                          const struct place *b)
{
    const char *own = check->source->file;

    if (strcmp(a->file, b->file) != 0) {
        if (strcmp(a->file, own) == 0 || strcmp(b->file, own) == 0) {
            return strcmp(a->file, own) == 0 ? -1 : 1;
        }
        return strcmp(a->file, b->file);
    }
    if (a->line != b->line) {
        return a->line < b->line ? -1 : 1;
    }
    return a->column < b->column ? -1 : a->column > b->column;
}

bool check_is_open(const struct check *check, struct place place)
{
    const struct err_list *list = check->errors;

    return list->count < SCENARIO_ERRORS_MAX ||
           compare_places(check, &place, &list->errors[list->count - 1].place) < 0;
}

void check_add(struct check *check, const struct err *err)
{
    struct err_list *list = check->errors;
    uint32_t at = list->count;

    for (uint32_t i = 0; i < list->count; i++) {
        if (compare_places(check, &err->place, &list->errors[i].place) == 0 &&
            strcmp(err->text, list->errors[i].text) == 0) {
            return; /* Reached again through an alias. */
        }
    }
    while (at > 0 && compare_places(check, &err->place, &list->errors[at - 1].place) < 0) {
        at--;
    }
    if (list->count == SCENARIO_ERRORS_MAX) {
        list->more = true;
        if (at == list->count) {
            return;
        }
        list->count--;
    }
    memmove(&list->errors[at + 1], &list->errors[at],
            (list->count - at) * sizeof(list->errors[0]));
    list->errors[at] = *err;
    list->count++;
}

/* Cuts a text that does not end in a whole UTF-8 character. */
static void trim(char *text)
{
    size_t length = strlen(text);
    size_t inner = 0;

    while (inner < length && inner < 4 &&
           ((unsigned char)text[length - 1 - inner] & 0xc0) == 0x80) {
        inner++;
    }
    if (inner == length) {
        return;
    }
    unsigned char first = (unsigned char)text[length - 1 - inner];
    size_t want = first < 0x80 ? 0 : first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3;
    if (inner < want) {
        text[length - 1 - inner] = '\0';
    }
}

void check_refuse(struct check *check, struct place place, const char *format, ...)
{
    struct err err = { .kind = check->kind, .place = place };
    va_list arguments;

    if (!check_is_open(check, place)) {
        check->errors->more = true;
        return;
    }
    va_start(arguments, format);
    (void)vsnprintf(err.text, sizeof(err.text), format, arguments);
    va_end(arguments);
    trim(err.text);
    check_add(check, &err);
}

const char *check_subject(const struct check *check)
{
    return check->path_length > 0 ? check->path : "the scenario";
}

/* What a node holds, in few characters. */
static void show(const struct node *node, char shown[SHOWN_MAX + 16])
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                "0123456789_./+%-";

    if (node->kind != NODE_TEXT || node->is_empty) {
        (void)snprintf(shown, SHOWN_MAX, "%s", node_kind_name(node));
        return;
    }
    char cut[SHOWN_MAX + 1];
    size_t length = strlen(node->text);
    bool is_long = length > SHOWN_MAX;
    (void)snprintf(cut, sizeof(cut), "%s", node->text);
    trim(cut);
    bool is_plain = length > 0 && node->text[strspn(node->text, plain)] == '\0';
    (void)snprintf(shown, SHOWN_MAX + 16, is_plain ? "%s%s" : "'%s%s'", cut,
                   is_long ? "..." : "");
}

void check_refuse_value(struct check *check, const struct node *node, const char *format, ...)
{
    char rest[360];
    char shown[SHOWN_MAX + 16];
    va_list arguments;

    if (!check_is_open(check, node->place)) {
        check->errors->more = true;
        return;
    }
    va_start(arguments, format);
    (void)vsnprintf(rest, sizeof(rest), format, arguments);
    va_end(arguments);
    show(node, shown);
    check_refuse(check, node->place, "%s is %s; %s", check_subject(check), shown, rest);
}

/* A path that is too long for messages is cut; it only makes them less clear. */
static void append(struct check *check, const char *part)
{
    size_t room = sizeof(check->path) - check->path_length;
    size_t length = strlen(part);

    if (length >= room) {
        length = room - 1;
    }
    memcpy(check->path + check->path_length, part, length);
    check->path_length += length;
    check->path[check->path_length] = '\0';
}

size_t check_enter(struct check *check, const char *key)
{
    size_t before = check->path_length;

    if (before > 0) {
        append(check, ".");
    }
    append(check, key);
    return before;
}

size_t check_enter_item(struct check *check, uint32_t index)
{
    char part[16];
    size_t before = check->path_length;

    (void)snprintf(part, sizeof(part), "[%u]", index);
    append(check, part);
    return before;
}

void check_leave(struct check *check, size_t path_length)
{
    assert(path_length <= check->path_length);
    check->path_length = path_length;
    check->path[path_length] = '\0';
}

bool check_map(struct check *check, const struct node *node)
{
    if (node->kind == NODE_MAP) {
        return true;
    }
    check_refuse_value(check, node, "it must be a mapping");
    return false;
}

bool check_list(struct check *check, const struct node *node)
{
    if (node->kind == NODE_LIST) {
        return true;
    }
    check_refuse_value(check, node, "it must be a list");
    return false;
}

bool check_text(struct check *check, const struct node *node)
{
    if (node->kind == NODE_TEXT && !node->is_empty) {
        return true;
    }
    check_refuse_value(check, node, "it must be a text");
    return false;
}

bool check_name(struct check *check, const struct node *node)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "0123456789_-.";

    if (!check_text(check, node)) {
        return false;
    }
    size_t length = strlen(node->text);
    if (length == 0 || length > NAME_MAX_LENGTH || node->text[0] == '.' ||
        node->text[0] == '-' || node->text[strspn(node->text, allowed)] != '\0') {
        check_refuse_value(check, node,
                           "a name is 1 to %d letters a-z, A-Z, digits, '_', '-' or '.', and "
                           "does not begin with '-' or '.'",
                           NAME_MAX_LENGTH);
        return false;
    }
    return true;
}
