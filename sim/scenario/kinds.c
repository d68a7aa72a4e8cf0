#include "base/nearest.h"
#include "scenario/language.h"

#include <string.h>

/* The key of a kind in a mapping; both kinds and mapping are short. */
static const struct node_key *key_of(const struct node *map, const struct kind_shape *kind)
{
    for (uint32_t i = 0; i < map->count; i++) {
        if (strcmp(map->keys[i].name, kind->shape.members[0].name) == 0) {
            return &map->keys[i];
        }
    }
    return NULL;
}

const struct kind_shape *kind_find(struct check *check, const struct node *map,
                                   const struct kind_shape *kinds, size_t count,
                                   const char *what)
{
    const struct kind_shape *found = NULL;
    struct nearest nearest;
    struct text text;

    for (size_t i = 0; i < count; i++) {
        const struct node_key *key = key_of(map, &kinds[i]);
        if (key && found) {
            check_refuse(check, key->place, "%s has both '%s' and '%s'; %s is one of them",
                         check_subject(check), found->shape.members[0].name, key->name, what);
            return NULL;
        }
        found = key ? &kinds[i] : found;
    }
    if (found) {
        return found;
    }
    if (map->count == 0) {
        check_refuse(check, map->place, "%s is an empty mapping; it must be %s",
                     check_subject(check), what);
        return NULL;
    }
    text_init(&text);
    nearest_init(&nearest, map->keys[0].name);
    for (size_t i = 0; i < count; i++) {
        const char *name = kinds[i].shape.members[0].name;
        text_printf(&text, "%s%s", i == 0 ? "" : i + 1 == count ? " or " : ", ", name);
        nearest_offer(&nearest, name);
    }
    const char *best = nearest_best(&nearest);
    check_refuse(check, map->keys[0].place, "%s has no key '%.40s'; %s%s%s%s has one of %s",
                 check_subject(check), map->keys[0].name, best ? "did you mean '" : "",
                 best ? best : "", best ? "'? " : "", what, text.bytes);
    text_fini(&text);
    return NULL;
}
