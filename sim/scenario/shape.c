#include "scenario/shape.h"

#include "base/nearest.h"
#include "scenario/value.h"

#include <string.h>

const struct member *shape_find_member(const struct shape *shape, const char *name)
{
    for (size_t i = 0; i < shape->member_count; i++) {
        if (strcmp(shape->members[i].name, name) == 0) {
            return &shape->members[i];
        }
    }
    return NULL;
}

/* The name of key number i of a shape, fields first, then the extra one; NULL at the end. */
static const char *key_name(const struct shape *shape, const char *extra, size_t i)
{
    size_t fields = shape ? shape->field_count : 0;
    size_t members = shape ? shape->member_count : 0;

    if (i < fields) {
        return shape->fields[i].name;
    }
    if (i < fields + members) {
        return shape->members[i - fields].name;
    }
    return i == fields + members ? extra : NULL;
}

static bool is_known(const struct shape *shape, const char *extra, const char *name)
{
    const char *known;

    for (size_t i = 0; (known = key_name(shape, extra, i)) != NULL; i++) {
        if (strcmp(known, name) == 0) {
            return true;
        }
    }
    return false;
}

static void refuse_key(struct check *check, const struct node_key *key,
                       const struct shape *shape, const char *extra)
{
    struct nearest nearest;
    struct text text;
    const char *known;

    if (!check_is_open(check, key->place)) {
        check->errors->more = true;
        return;
    }
    nearest_init(&nearest, key->name);
    text_init(&text);
    for (size_t i = 0; (known = key_name(shape, extra, i)) != NULL; i++) {
        nearest_offer(&nearest, known);
        text_printf(&text, "%s%s", i > 0 ? ", " : "", known);
    }
    const char *best = nearest_best(&nearest);
    if (best) {
        check_refuse(check, key->place,
                     "%s has no key '%.40s'; did you mean '%s'? It may have %s",
                     check_subject(check), key->name, best, text.bytes);
    } else {
        check_refuse(check, key->place, "%s has no key '%.40s'; it may have %s",
                     check_subject(check), key->name, text.size > 0 ? text.bytes : "none");
    }
    text_fini(&text);
}

void shape_refuse_unknown(struct check *check, const struct node *node,
                          const struct shape *shape, const char *extra)
{
    for (uint32_t i = 0; i < node->count; i++) {
        if (!is_known(shape, extra, node->keys[i].name)) {
            refuse_key(check, &node->keys[i], shape, extra);
        }
    }
}

/* Says that a required key is missing, unless a key that is there is a misspelling of it and
   was refused as that. */
static void refuse_missing(struct check *check, const struct node *node,
                           const struct shape *shape, const char *name)
{
    for (uint32_t i = 0; i < node->count; i++) {
        struct nearest nearest;
        const char *known;
        if (is_known(shape, NULL, node->keys[i].name)) {
            continue;
        }
        nearest_init(&nearest, node->keys[i].name);
        for (size_t k = 0; (known = key_name(shape, NULL, k)) != NULL; k++) {
            nearest_offer(&nearest, known);
        }
        const char *best = nearest_best(&nearest);
        if (best && strcmp(best, name) == 0) {
            return;
        }
    }
    check_refuse(check, node->place, "%s lacks the key '%s'", check_subject(check), name);
}

static bool read_fields(struct check *check, const struct node *node, const struct shape *shape,
                        void *target, bool is_change)
{
    bool has_all = true;

    for (size_t i = 0; i < shape->field_count; i++) {
        const struct field *field = &shape->fields[i];
        const struct node *value = node_find(node, field->name);
        if (!is_change) {
            value_set_fallback(field, target);
        }
        if (value) {
            size_t before = check_enter(check, field->name);
            has_all = (value_read(check, value, field, target) || !field->required) && has_all;
            check_leave(check, before);
        } else if (field->required && !is_change) {
            refuse_missing(check, node, shape, field->name);
            has_all = false;
        }
    }
    return has_all;
}

static bool read_members(struct check *check, const struct node *node,
                         const struct shape *shape, void *target, bool is_change)
{
    bool has_all = true;

    for (size_t i = 0; i < shape->member_count; i++) {
        const struct member *member = &shape->members[i];
        const struct node *value = node_find(node, member->name);
        if (value) {
            size_t before = check_enter(check, member->name);
            member->read(check, value, target);
            check_leave(check, before);
        } else if (member->required && !is_change) {
            refuse_missing(check, node, shape, member->name);
            has_all = false;
        }
    }
    return has_all;
}

static bool read_shape(struct check *check, const struct node *node, const struct shape *shape,
                       void *target, bool is_change)
{
    if (!check_map(check, node)) {
        /* Defaults, so that the struct can be looked at. */
        for (size_t i = 0; i < shape->field_count && !is_change; i++) {
            value_set_fallback(&shape->fields[i], target);
        }
        return false;
    }
    shape_refuse_unknown(check, node, shape, NULL);
    bool has_fields = read_fields(check, node, shape, target, is_change);
    bool has_members = read_members(check, node, shape, target, is_change);
    return has_fields && has_members;
}

bool shape_read(struct check *check, const struct node *node, const struct shape *shape,
                void *target)
{
    return read_shape(check, node, shape, target, false);
}

bool shape_change(struct check *check, const struct node *node, const struct shape *shape,
                  void *target)
{
    return read_shape(check, node, shape, target, true);
}

/* Refuses the key at that byte of the path; the path before it is the subject. */
static void refuse_path_key(struct check *check, const struct node_path *path, size_t at,
                            const struct shape *shape)
{
    struct check other = *check;
    char name[NODE_TEXT_MAX + 1] = "";
    char before[NODE_TEXT_MAX + 1] = "";
    struct node_key key = { .name = name, .place = path->place };

    key.place.column += (uint32_t)at;
    memcpy(name, path->text + at, strcspn(path->text + at, ".["));
    memcpy(before, path->text, at > 0 && path->text[at - 1] == '.' ? at - 1 : at);
    check_leave(&other, 0);
    (void)check_enter(&other, before);
    refuse_key(&other, &key, shape, NULL);
}

void shape_check_path(struct check *check, const struct shape *shape,
                      const struct node_path *path)
{
    const char *at = path->text;

    while (shape && *at) {
        char name[NODE_TEXT_MAX + 1];
        size_t length;
        if (*at == '[') {
            at += strcspn(at, "]") + 1;
            continue;
        }
        at += *at == '.';
        length = strcspn(at, ".[");
        memcpy(name, at, length < NODE_TEXT_MAX ? length : NODE_TEXT_MAX);
        name[length < NODE_TEXT_MAX ? length : NODE_TEXT_MAX] = '\0';
        if (!is_known(shape, NULL, name)) {
            refuse_path_key(check, path, (size_t)(at - path->text), shape);
            return;
        }
        const struct member *member = shape_find_member(shape, name);
        shape = member ? member->shape : NULL;
        at += length;
    }
}
