/*
 * measure.c - what a command costs: measure COUNT COMMAND...
 *
 * Runs the command COUNT times and prints one line:
 *
 *     cpu_ms wall_ms peak_kib
 *
 * CPU time is user and system time; the times are medians, the memory is the most that any of
 * the runs had resident. What the command prints is thrown away; a command that fails ends
 * everything.
 */
#include "bench/cost.h"

enum { RUNS_MAX = 1000 };

int main(int argc, char **argv)
{
    static double cpu[RUNS_MAX];
    static double wall[RUNS_MAX];
    int count = argc > 1 ? atoi(argv[1]) : 0;
    struct rusage usage;

    if (count < 1 || count > RUNS_MAX || argc < 3) {
        fputs("usage: measure COUNT COMMAND...\n", stderr);
        return 2;
    }
    for (int i = 0; i < count; i++) {
        struct cost cost = cost_of(&argv[2]);
        cpu[i] = cost.cpu_ms;
        wall[i] = cost.wall_ms;
    }
    getrusage(RUSAGE_CHILDREN, &usage);
    printf("%.3f %.3f %ld\n", median(cpu, count), median(wall, count), usage.ru_maxrss);
    return 0;
}
