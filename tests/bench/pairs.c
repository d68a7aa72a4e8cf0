/*
 * pairs.c - times two commands in turn: pairs COUNT A... -- B...
 *
 * After one warm-up of each, it runs A and B alternately COUNT times, so that a slow spell of
 * the machine meets both, and prints one line of medians:
 *
 *     a_cpu_ms a_wall_ms b_cpu_ms b_wall_ms cpu_ratio wall_ratio
 *
 * CPU time is user and system time. The ratios are medians of the pairwise ratios A / B, not
 * ratios of the medians. What the commands print is thrown away; a command that fails ends
 * everything.
 */
#include "bench/cost.h"

#include <string.h>

enum { PAIRS_MAX = 1000 };

static void time_pairs(int count, char **a, char **b)
{
    static double values[6][PAIRS_MAX];

    cost_of(a);
    cost_of(b);
    for (int i = 0; i < count; i++) {
        struct cost of_a = cost_of(a);
        struct cost of_b = cost_of(b);
        values[0][i] = of_a.cpu_ms;
        values[1][i] = of_a.wall_ms;
        values[2][i] = of_b.cpu_ms;
        values[3][i] = of_b.wall_ms;
        values[4][i] = of_a.cpu_ms / of_b.cpu_ms;
        values[5][i] = of_a.wall_ms / of_b.wall_ms;
    }
    for (int k = 0; k < 6; k++) {
        printf("%.3f%c", median(values[k], count), k < 5 ? ' ' : '\n');
    }
}

int main(int argc, char **argv)
{
    int count = argc > 1 ? atoi(argv[1]) : 0;
    int split = 2;

    while (split < argc && strcmp(argv[split], "--") != 0) {
        split++;
    }
    if (count < 1 || count > PAIRS_MAX || split == 2 || split + 1 >= argc) {
        fputs("usage: pairs COUNT A... -- B...\n", stderr);
        return 2;
    }
    argv[split] = NULL;
    time_pairs(count, &argv[2], &argv[split + 1]);
    return 0;
}
