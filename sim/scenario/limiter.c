/*
 * limiter.c - `limiter:` of a VM: what holds it back from within, beneath the engine's policy.
 */
#include "base/nearest.h"
#include "scenario/language.h"

/* The limiter's name was looked at before its parameters. */
static void read_nothing(struct check *check, const struct node *node, void *target)
{
    (void)check;
    (void)node;
    (void)target;
}

/* clang-format off */
static const struct member name_member = {
    .name = "name", .form = FORM_NAME, .required = true, .read = read_nothing,
    .doc = "Which limiter.",
};
/* clang-format on */

struct shape limiter_shape(const struct limiter_ops *ops)
{
    return (struct shape){
        .title = ops->name,
        .doc = ops->summary,
        .fields = ops->params->fields,
        .field_count = ops->params->count,
        .members = &name_member,
        .member_count = 1,
    };
}

static void refuse(struct check *check, const struct node *node)
{
    struct nearest nearest;

    nearest_init(&nearest, node->text);
    for (size_t i = 0; i < limiter_registry_count; i++) {
        nearest_offer(&nearest, limiter_registry[i]->name);
    }
    const char *best = nearest_best(&nearest);
    if (best) {
        check_refuse_value(check, node, "there is no such limiter: did you mean %s?", best);
    } else {
        check_refuse_value(check, node,
                           "there is no such limiter; vgpusim list limiters shows those there "
                           "are");
    }
}

void limiter_read(struct check *check, const struct node *node, void *target)
{
    struct limiter_config *limiter = &((struct vm_entry *)target)->limiter;
    const struct node *name = node_find(node, "name");

    if (node->kind != NODE_MAP || !name) {
        check_refuse(check, node->place,
                     "%s must be a mapping as {name: token_bucket, share: 30%%}",
                     check_subject(check));
        return;
    }
    size_t before = check_enter(check, "name");
    const struct limiter_ops *ops = check_text(check, name) ? limiter_find(name->text) : NULL;
    if (!ops && name->kind == NODE_TEXT && !name->is_empty) {
        refuse(check, name);
    }
    check_leave(check, before);
    if (ops) {
        struct shape shape = limiter_shape(ops);
        void *params = arena_take(check->arena, 1, ops->params->size);
        (void)shape_read(check, node, &shape, params);
        *limiter = (struct limiter_config){ ops, params };
    }
}
