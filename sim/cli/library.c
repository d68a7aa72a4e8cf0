#include "cli/library.h"

#include "base/assert.h"
#include "engine/rng.h"

#include <ctype.h>
#include <dlfcn.h>
#include <string.h>

#define PROMISE(function) (void (*)(void)) function
void (*const library_promised[])(void) = {
    PROMISE(policy_head), PROMISE(rng_bits), PROMISE(rng_uniform), PROMISE(rng_uniforms),
    PROMISE(rng_below),   PROMISE(err_set),  PROMISE(err_at),      NULL,
};
#undef PROMISE

static bool is_name(const char *name)
{
    for (const char *at = name; *at; at++) {
        bool is_inner = isdigit((unsigned char)*at) || *at == '_';
        if (!islower((unsigned char)*at) && !(is_inner && at > name)) {
            return false;
        }
    }
    return name[0] != '\0';
}

static bool has_good_params(const struct field_table *table)
{
    if (table && (table->count > 0) != (table->fields != NULL)) {
        return false;
    }
    for (size_t i = 0; table && i < table->count; i++) {
        const struct field *field = &table->fields[i];
        if (!field->name || !field->doc || field->offset >= table->size ||
            (field->kind == FIELD_CHOICE && !field->choices)) {
            return false;
        }
    }
    return true;
}

/* What can be seen to be wrong with a policy without calling it. NULL: nothing. */
static const char *find_fault(const struct policy_ops *ops)
{
    if (!ops->name || !is_name(ops->name)) {
        return "its policy has no name of the form [a-z][a-z0-9_]*";
    }
    if (!ops->summary || !ops->about) {
        return "its policy has no summary or no about";
    }
    if (!ops->state_size || !ops->ready || !ops->pick || !ops->charge) {
        return "its policy lacks one of state_size, ready, pick and charge";
    }
    return has_good_params(ops->params) ? NULL : "its table of parameters is not complete";
}

static int check_version(const uint32_t *version, struct err *err)
{
    if (!version) {
        return err_set(err, ERR_SCENARIO,
                       "it does not define vgpusim_policy_version; is it a policy?");
    }
    if (*version != VGPUSIM_POLICY_VERSION) {
        return err_set(err, ERR_SCENARIO,
                       "it was made for version %u of vgpusim/policy.h, and this program has "
                       "version %d; build it again",
                       *version, VGPUSIM_POLICY_VERSION);
    }
    return 0;
}

int library_load(const char *path, const struct policy_ops **ret, struct err *err)
{
    assert(library_promised[0]);
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!library) {
        return err_set(err, ERR_SCENARIO, "it cannot be loaded: %s", dlerror());
    }
    if (check_version(dlsym(library, "vgpusim_policy_version"), err)) {
        return -1;
    }
    const struct policy_ops *ops = dlsym(library, "vgpusim_policy");
    if (!ops) {
        return err_set(err, ERR_SCENARIO, "it does not define vgpusim_policy");
    }
    const char *fault = find_fault(ops);
    if (fault) {
        return err_set(err, ERR_SCENARIO, "%s", fault);
    }
    *ret = ops;
    return 0;
}

static int load_beside(void *context, const char *path, const struct policy_ops **ret,
                       struct err *err)
{
    const char *scenario = context;
    const char *slash = path[0] == '/' ? NULL : strrchr(scenario, '/');
    int length = slash ? (int)(slash - scenario) : 1;
    struct arena arena;

    arena_init(&arena);
    /* With a slash in it, or it would be searched for among the system's libraries. */
    if (path[0] != '/') {
        path = arena_format(&arena, "%.*s/%s", length, slash ? scenario : ".", path);
    }
    int status = library_load(path, ret, err);
    arena_fini(&arena);
    return status;
}

struct library_loader library_loader_beside(const char *scenario_path)
{
    union { /* The context is not const, but load_beside does not change it. */
        const char *from;
        void *to;
    } path = { scenario_path };

    return (struct library_loader){ .load = load_beside, .context = path.to };
}
