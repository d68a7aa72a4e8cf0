/*
 * assert.h - our own mistakes stop the program, in release builds too.
 *
 * A failed assertion prints the condition, its place, the simulated time and the number of
 * the event (where the caller has told them with assert_moment), and ends the process with
 * exit code 70 after flushing nothing: results are written beside and renamed, so none is
 * left half-written. Users' mistakes are never assertions; see base/err.h.
 */
#ifndef SIM_BASE_ASSERT_H
#define SIM_BASE_ASSERT_H

#include <stdint.h>

#undef assert
#define assert(condition)                                                                      \
    ((condition) ? (void)0 : assert_fail(#condition, __FILE__, __LINE__, 0, 0))

/* A place that is never reached; `what` says what would have to be true. */
#define assert_never(what) assert_fail(what, __FILE__, __LINE__, 0, 0)

/* As assert, where simulated time (ns) and a running event number are at hand. */
#define assert_at(condition, now_ns, event)                                                    \
    ((condition) ? (void)0 : assert_fail(#condition, __FILE__, __LINE__, (now_ns), (event)))

/* Exit code of a failed assertion and of exhausted memory. */
enum { EXIT_OUR_BUG = 70 };

_Noreturn void assert_fail(const char *condition, const char *file, int line, int64_t now_ns,
                           uint64_t event);

/* Out of memory: says so and ends the process with EXIT_OUR_BUG. */
_Noreturn void out_of_memory(void);

#endif
