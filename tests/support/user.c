#include "support/user.h"

#include "base/text.h"
#include "cli/library.h"
#include "policy/script.h"
#include "support/folder.h"
#include "support/params.h"
#include "support/test.h"

#include <stdlib.h>
#include <string.h>

struct subject user_script(const char *name, const char *text, struct arena *arena)
{
    struct script_source *source = arena_take(arena, 1, sizeof(*source));
    struct subject subject = { .params = source, .is_users = true };
    struct err err;

    *source = (struct script_source){
        .file = arena_string(arena, name),
        .name = arena_string(arena, name),
        .bytes = arena_string(arena, text),
        .size = strlen(text),
        .params = { .kind = SCRIPT_TABLE },
        .params_text = "{}",
    };
    if (script_load(source, arena, &subject.ops, &err)) {
        fail_msg("%s:%u: %s", name, err.place.line, err.text);
    }
    return subject;
}

struct subject user_script_file(const char *path, struct arena *arena)
{
    struct text text;

    folder_read(path, &text);
    struct subject subject = user_script(strrchr(path, '/') + 1, text.bytes, arena);
    text_fini(&text);
    return subject;
}

struct subject user_library(const char *name, struct arena *arena)
{
    const char *build = getenv("BUILD");
    const char *path = arena_format(arena, "%s/tests/policy/library/%s.so",
                                    build ? build : "build/gcc-release", name);
    struct subject subject = { .is_users = true };
    struct err err;

    if (library_load(path, &subject.ops, &err)) {
        fail_msg("%s: %s", path, err.text);
    }
    return subject;
}

void user_set(struct build *b, const struct subject *subject)
{
    struct engine_sharing *engine = build_compute(b);

    if (subject->is_users) {
        engine->policy = subject->ops;
        engine->params = subject->params;
    } else {
        params_default(engine, subject->ops, &b->scenario.arena);
    }
}
