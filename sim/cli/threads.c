#include "cli/threads.h"

#include <unistd.h>

uint32_t thread_count(uint64_t wanted)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);

    if (wanted > 0) {
        return (uint32_t)wanted;
    }
    return processors > 0 && processors < THREADS_MAX ? (uint32_t)processors : 1;
}
