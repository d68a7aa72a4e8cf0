#include "base/assert.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

_Noreturn void assert_fail(const char *condition, const char *file, int line, int64_t now_ns,
                           uint64_t event)
{
    fprintf(stderr, "%s:%d: internal error: %s does not hold", file, line, condition);
    if (event != 0) {
        fprintf(stderr, " at %" PRId64 " ns, event %" PRIu64, now_ns, event);
    }
    fputs("\nThis is a bug in vgpusim. Please report it with the scenario and the seed.\n",
          stderr);
    exit(EXIT_OUR_BUG);
}

_Noreturn void out_of_memory(void)
{
    fputs("vgpusim: out of memory\n", stderr);
    exit(EXIT_OUR_BUG);
}
