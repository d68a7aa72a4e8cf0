/*
 * names.c - whether names stay unique when counts are written out.
 *
 * They are not written out for that. A name that ends in digits is one of another entry's if
 * the entry of the part before the digits counts that far; every such split is looked up.
 */
#include "scenario/names.h"

#include "base/nearest.h"
#include "scenario/check.h"

#include <stdlib.h>
#include <string.h>

static int compare_names(const void *a, const void *b)
{
    const struct counted_name *const *x = a;
    const struct counted_name *const *y = b;
    int order = strcmp((*x)->name, (*y)->name);

    if (order != 0) {
        return order;
    }
    return *x < *y ? -1 : *x > *y; /* Both are in one array: scenario order. */
}

enum { OFFERED_MAX = 1000 }; /* Looking for the nearest name takes its time. */

/* The entry whose name is the first `length` bytes of `name`, or NULL. */
static const struct counted_name *find(const struct names *names, const char *name,
                                       size_t length)
{
    uint32_t low = 0;
    uint32_t high = names->count;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        const char *other = names->sorted[middle]->name;
        int order = strncmp(other, name, length);
        if (order == 0 && other[length] == '\0') {
            return names->sorted[middle];
        }
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return NULL;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Whether the first of this entry's names is also one that another entry counts to. */
static void check_digits(struct check *check, const char *what, const struct names *names,
                         const struct counted_name *entry)
{
    size_t length = strlen(entry->name);
    bool is_many = entry->count > 1;

    for (size_t at = length; at > 1 && is_digit(entry->name[at - 1]) && length - at < 9; at--) {
        const char *digits = entry->name + at - 1;
        const struct counted_name *other = find(names, entry->name, at - 1);
        if (!other || other->count < 2 || (digits[0] == '0' && (digits[1] || is_many))) {
            continue;
        }
        uint64_t number = strtoull(digits, NULL, 10);
        /* Of name0, name1, ... the lowest number that begins with these digits ends in 0. */
        number = is_many ? number * 10 : number;
        if (number < other->count) {
            check_refuse(check, entry->place,
                         "%s '%s%s' is also number %llu of '%s', which counts to %u", what,
                         entry->name, is_many ? "0" : "", (unsigned long long)number,
                         other->name, other->count - 1);
            return;
        }
    }
}

void names_init(struct check *check, const char *what, const struct counted_name *entries,
                uint32_t count, struct names *ret)
{
    ret->entries = entries;
    ret->sorted = arena_take(check->arena, count, sizeof(*ret->sorted));
    ret->count = count;
    for (uint32_t i = 0; i < count; i++) {
        ret->sorted[i] = &entries[i];
    }
    qsort(ret->sorted, count, sizeof(*ret->sorted), compare_names);
    for (uint32_t i = 0; i + 1 < count; i++) {
        const struct counted_name *next = ret->sorted[i + 1];
        if (next->name[0] && strcmp(ret->sorted[i]->name, next->name) == 0) {
            check_refuse(check, next->place, "a second %s called '%s'; first in line %u", what,
                         next->name, ret->sorted[i]->place.line);
        }
    }
    for (uint32_t i = 0; i < count; i++) {
        check_digits(check, what, ret, &entries[i]);
    }
}

uint32_t names_find(const struct names *names, const char *name)
{
    const struct counted_name *entry = find(names, name, strlen(name));

    return entry ? (uint32_t)(entry - names->entries) : NAME_NONE;
}

void names_refuse(struct check *check, const struct node *node, const char *list,
                  const struct names *names)
{
    struct nearest nearest;

    nearest_init(&nearest, node->text);
    for (uint32_t i = 0; i < names->count && i < OFFERED_MAX; i++) {
        nearest_offer(&nearest, names->entries[i].name);
    }
    const char *best = nearest_best(&nearest);
    check_refuse_value(check, node, "no entry of %s has that name%s%s%s", list,
                       best ? ": did you mean " : "", best ? best : "", best ? "?" : "");
}
