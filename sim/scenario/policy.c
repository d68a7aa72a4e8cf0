/*
 * policy.c - `policy:` of an engine: one of the registry by name, or one that the user brings,
 * as a script or a library.
 */
#include "base/nearest.h"
#include "base/quantity.h"
#include "policy/script.h"
#include "scenario/bytes.h"
#include "scenario/inputs.h"
#include "scenario/language.h"

#include <string.h>

/* ------------------------------------------------------------------------ the registry */

/* The policy's name or library was looked at before its parameters. */
static void read_nothing(struct check *check, const struct node *node, void *target)
{
    (void)check;
    (void)node;
    (void)target;
}

/* clang-format off */
static const struct member name_member = {
    .name = "name", .form = FORM_NAME, .read = read_nothing, .doc = "Which policy.",
};
static const struct member library_member = {
    .name = "library", .form = FORM_NAME, .read = read_nothing,
    .doc = "A shared object that holds the policy.",
};
/* clang-format on */

static void refuse_policy(struct check *check, const struct node *node)
{
    struct nearest nearest;

    nearest_init(&nearest, node->text);
    for (size_t i = 0; i < policy_registry_count; i++) {
        nearest_offer(&nearest, policy_registry[i]->name);
    }
    const char *best = nearest_best(&nearest);
    if (best) {
        check_refuse_value(check, node, "there is no such policy: did you mean %s?", best);
    } else {
        check_refuse_value(check, node,
                           "there is no such policy; vgpusim list policies shows those there "
                           "are");
    }
}

/* The policy that a word means; NULL, and refused, if there is none. */
static const struct policy_ops *find_policy(struct check *check, const struct node *name)
{
    const struct policy_ops *ops = check_text(check, name) ? policy_find(name->text) : NULL;

    if (!ops && name->kind == NODE_TEXT && !name->is_empty) {
        refuse_policy(check, name);
    }
    return ops;
}

struct shape policy_shape(const struct policy_ops *ops)
{
    return (struct shape){
        .title = ops->name,
        .doc = ops->summary,
        .fields = ops->params ? ops->params->fields : NULL,
        .field_count = ops->params ? ops->params->count : 0,
        .members = &name_member,
        .member_count = 1,
    };
}

/* Sets a policy with the parameters in `map`, beside the key that says which one it is. */
static void set_policy(struct check *check, const struct policy_ops *ops,
                       const struct node *map, struct engine_sharing *ret)
{
    struct shape shape = policy_shape(ops);
    void *params = ops->params ? arena_take(check->arena, 1, ops->params->size) : NULL;

    shape.members = ret->library ? &library_member : &name_member;
    (void)shape_read(check, map, &shape, params);
    ret->policy = ops;
    ret->params = params;
}

void policy_set_name(struct check *check, const char *name, struct place place,
                     struct engine_sharing *ret)
{
    const struct node none = { .kind = NODE_MAP, .place = place };
    const struct policy_ops *ops = policy_find(name);

    if (ops) {
        set_policy(check, ops, &none, ret);
    }
}

/* ------------------------------------------------------------------------------ scripts */

/* A script while it is read. */
struct draft {
    const char *file;
    struct script_value params;
    const char *params_text;
};

/* A text that stands for a number of some kind; false if it is none. */
static bool read_quantity(const char *text, struct script_value *ret)
{
    bool is_negative = text[0] == '-';
    const char *digits = text + is_negative;
    struct err err;
    int64_t ppm;

    ret->kind = SCRIPT_INTEGER;
    if (quantity_read_count(digits, &ret->integer, &err) == 0 ||
        quantity_read_time(digits, &ret->integer, &err) == 0 ||
        quantity_read_bytes(digits, &ret->integer, &err) == 0) {
        ret->integer = is_negative ? -ret->integer : ret->integer;
        return true;
    }
    ret->kind = SCRIPT_NUMBER;
    if (quantity_read_share(digits, &ppm, &err) == 0) {
        ret->number = (double)ppm / (double)PPM;
    } else if (quantity_read_number(digits, &ret->number, &err) != 0 &&
               quantity_read_rate(digits, &ret->number, NULL, &err) != 0) {
        return false;
    }
    ret->number = is_negative ? -ret->number : ret->number;
    return true;
}

static void read_plain(struct check *check, const struct node *node, struct script_value *ret)
{
    static const char *const words[] = { "no", "yes", "false", "true" };

    for (size_t i = 0; !node->is_quoted && i < ARRAY_LEN(words); i++) {
        if (strcmp(words[i], node->text) == 0) {
            ret->kind = SCRIPT_BOOL;
            ret->integer = i % 2;
            return;
        }
    }
    if (node->is_empty) {
        check_refuse_value(check, node, "a parameter needs a value");
    } else if (node->is_quoted || !read_quantity(node->text, ret)) {
        ret->kind = SCRIPT_TEXT;
        ret->text = node->text;
        if (!node->is_quoted && strchr("+-.0123456789", node->text[0])) {
            check_refuse_value(check, node,
                               "it is no number with a known unit; put a text in quotes");
        }
    }
}

/* A parameter as the script will see it. The depth of a scenario is limited. */
static void read_param(struct check *check, const struct node *node, struct script_value *ret)
{
    if (node->kind == NODE_TEXT) {
        read_plain(check, node, ret);
        return;
    }
    struct script_value *items = arena_take(check->arena, node->count, sizeof(items[0]));
    for (uint32_t i = 0; i < node->count; i++) {
        size_t before = node->kind == NODE_MAP ? check_enter(check, node->keys[i].name)
                                               : check_enter_item(check, i);
        items[i].key = node->kind == NODE_MAP ? node->keys[i].name : NULL;
        read_param(check, node->items[i], &items[i]);
        check_leave(check, before);
    }
    ret->kind = SCRIPT_TABLE;
    ret->items = items;
    ret->count = node->count;
}

/* As YAML that reads back as the very same: what was in quotes stays so, and what was not
   stays as it was. */
static void write_param(struct text *text, const struct node *node)
{
    if (node->kind == NODE_TEXT && node->is_quoted) {
        text_put(text, "\"");
        for (const char *at = node->text; *at; at++) {
            text_printf(text, *at == '"' || *at == '\\' ? "\\%c" : "%c", *at);
        }
        text_put(text, "\"");
        return;
    }
    if (node->kind == NODE_TEXT) {
        struct script_value value;
        if (read_quantity(node->text, &value)) {
            text_put(text, node->text);
        } else {
            node_write_string(text, node->text);
        }
        return;
    }
    text_put(text, node->kind == NODE_MAP ? "{" : "[");
    for (uint32_t i = 0; i < node->count; i++) {
        text_put(text, i > 0 ? ", " : "");
        if (node->kind == NODE_MAP) {
            node_write_string(text, node->keys[i].name);
            text_put(text, ": ");
        }
        write_param(text, node->items[i]);
    }
    text_put(text, node->kind == NODE_MAP ? "}" : "]");
}

static void read_params(struct check *check, const struct node *node, void *target)
{
    struct draft *draft = target;
    struct text text;

    if (!check_map(check, node)) {
        return;
    }
    read_param(check, node, &draft->params);
    text_init(&text);
    write_param(&text, node);
    draft->params_text = arena_string(check->arena, text.bytes);
    text_fini(&text);
}

/* clang-format off */
static const struct field script_fields[] = {
    { .name = "script", .kind = FIELD_FILE, .offset = offsetof(struct draft, file),
      .required = true, .doc = "A Lua file; docs/adding-a-policy.md says what it must hold." },
};
static const struct member script_members[] = {
    { .name = "params", .form = FORM_PARAMS, .read = read_params, .absent = "{}",
      .doc = "What the script sees as params: times in ns, sizes in bytes, shares of 1." },
};
/* clang-format on */

const struct shape script_shape = {
    .title = "A script",
    .doc = "A policy that the user wrote in Lua.",
    .fields = script_fields,
    .field_count = ARRAY_LEN(script_fields),
    .members = script_members,
    .member_count = ARRAY_LEN(script_members),
};

static int check_bytes(const struct script_source *source, struct err *err)
{
    if (bytes_check(source->file, source->bytes, source->size, err) == 0) {
        return 0;
    }
    if (err->place.line == 1 && err->place.column == 1) { /* Of the file as a whole. */
        return err_at(err, err->place, "it is no script: it is empty, binary or too large");
    }
    return -1;
}

static void read_script(struct check *check, const struct node *map, struct engine_sharing *ret)
{
    struct draft draft = { .params = { .kind = SCRIPT_TABLE }, .params_text = "{}" };
    struct err err;

    (void)shape_read(check, map, &script_shape, &draft);
    const struct scenario_file *file = draft.file ? inputs_find(check, draft.file) : NULL;
    if (!file) {
        return;
    }
    struct script_source *source = arena_take(check->arena, 1, sizeof(*source));
    *source = (struct script_source){
        .file = draft.file,
        .name = strrchr(file->copy, '/') + 1,
        .bytes = file->bytes,
        .size = file->size,
        .params = draft.params,
        .params_text = draft.params_text,
    };
    if (check_bytes(source, &err) || script_load(source, check->arena, &ret->policy, &err)) {
        check_add(check, &err);
        return;
    }
    ret->params = source;
}

/* ---------------------------------------------------------------------------- libraries */

static void read_library(struct check *check, const struct node *map,
                         const struct node *library, struct engine_sharing *ret)
{
    const struct library_loader *loader = &check->source->libraries;
    const struct policy_ops *ops;
    struct err err;
    size_t before = check_enter(check, "library");

    if (!inputs_add(check, library)) {
        check_leave(check, before);
        return;
    }
    if (!loader->load) {
        check_refuse_value(check, library,
                           "a library is machine code that runs with your rights; if you trust "
                           "it, say so with --allow-library");
    } else if (loader->load(loader->context, library->text, &ops, &err)) {
        check_refuse_value(check, library, "%s", err.text);
    } else if (policy_find(ops->name)) {
        check_refuse_value(check, library, "its policy is called %s, as one of the program's",
                           ops->name);
    } else {
        check_leave(check, before);
        ret->library = library->text;
        set_policy(check, ops, map, ret);
        return;
    }
    check_leave(check, before);
}

/* --------------------------------------------------------------------------- any of them */

void policy_read(struct check *check, const struct node *node, struct engine_sharing *ret)
{
    const struct node none = { .kind = NODE_MAP, .place = node->place };
    const struct node *name = node_find(node, "name");

    if (node->kind == NODE_LIST || node->is_empty) {
        check_refuse_value(check, node, "a policy is a name, or a mapping with its parameters");
    } else if (node->kind == NODE_TEXT) {
        const struct policy_ops *ops = find_policy(check, node);
        if (ops) {
            set_policy(check, ops, &none, ret);
        }
    } else if (name) {
        size_t before = check_enter(check, "name");
        const struct policy_ops *ops = find_policy(check, name);
        check_leave(check, before);
        if (ops) {
            set_policy(check, ops, node, ret);
        }
    } else if (node_find(node, "rm_pvmrl")) {
        rm_policy_read(check, node, ret);
    } else if (node_find(node, "script")) {
        read_script(check, node, ret);
    } else if (node_find(node, "library")) {
        read_library(check, node, node_find(node, "library"), ret);
    } else {
        check_refuse(check, node->place,
                     "%s lacks the key 'name', 'rm_pvmrl', 'script' or 'library'",
                     check_subject(check));
    }
}
