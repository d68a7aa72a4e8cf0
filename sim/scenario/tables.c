/*
 * tables.c - `catalogue:`, files that add to the catalogue, and those given beside a scenario.
 */
#include "scenario/inputs.h"
#include "scenario/language.h"

#include <string.h>

/* A catalogue of this scenario's own, with the built-in tables; once. */
static void own_catalogue(struct check *check)
{
    if (check->scenario->table_count > 0) {
        return;
    }
    struct catalogue *own = arena_take(check->arena, 1, sizeof(*own));
    catalogue_init(own, check->arena);
    check->catalogue = own;
}

/* Adds a file that was read. -1 with *err. */
static int add(struct check *check, const struct scenario_file *file, struct err *err)
{
    struct catalogue_file table = { file->path, file->bytes, file->size };
    struct scenario *s = check->scenario;

    if (s->table_count == TABLES_MAX) {
        return err_set(err, ERR_SCENARIO, "a scenario adds at most %d files to the catalogue",
                       TABLES_MAX);
    }
    own_catalogue(check);
    ((const char **)s->table_files)[s->table_count++] = file->path;
    return catalogue_add(check->catalogue, &table, err);
}

static void read_one(struct check *check, const struct node *node)
{
    struct err err = { .place = { .line = 0 } };

    if (!inputs_add(check, node)) {
        return;
    }
    if (add(check, inputs_find(check, node->text), &err) == 0) {
        return;
    }
    if (err.place.line > 0) {
        check_add(check, &err);
    } else {
        check_refuse_value(check, node, "%s", err.text);
    }
}

void tables_read(struct check *check, const struct node *node, void *scenario)
{
    (void)scenario;
    if (!check_list(check, node)) {
        return;
    }
    for (uint32_t i = 0; i < node->count && check->errors->count == 0; i++) {
        size_t before = check_enter_item(check, i);
        read_one(check, node->items[i]);
        check_leave(check, before);
    }
}

void tables_start(struct check *check)
{
    const struct scenario_source *source = check->source;

    check->scenario->table_files = arena_take(check->arena, TABLES_MAX, sizeof(char *));
    for (uint32_t i = 0; i < source->table_count; i++) {
        const struct catalogue_file *table = &source->tables[i];
        const struct scenario_file *file = inputs_put(check, table);
        struct err err = { .kind = ERR_SCENARIO };
        if (!file) {
            (void)err_set(&err, ERR_SCENARIO, "a scenario names at most %d files", INPUTS_MAX);
            check_add(check, &err);
        } else if (add(check, file, &err)) {
            check_add(check, &err);
        }
    }
}
