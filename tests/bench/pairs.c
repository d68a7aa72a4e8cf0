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
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { PAIRS_MAX = 1000 };

struct cost {
    double cpu_ms;
    double wall_ms;
};

static double cpu_of_children(void)
{
    struct rusage usage;
    getrusage(RUSAGE_CHILDREN, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e3 +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e3;
}

static double wall_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static struct cost cost_of(char **command)
{
    double cpu_ms = cpu_of_children();
    double wall_ms = wall_now();
    int status = 0;
    pid_t child = fork();

    if (child == 0) {
        int nowhere = open("/dev/null", O_WRONLY);
        if (nowhere < 0 || dup2(nowhere, STDOUT_FILENO) < 0) {
            _exit(126);
        }
        execvp(command[0], command);
        perror(command[0]);
        _exit(127);
    }
    if (child < 0 || waitpid(child, &status, 0) < 0 || status != 0) {
        fprintf(stderr, "pairs: %s failed\n", command[0]);
        exit(1);
    }
    return (struct cost){ cpu_of_children() - cpu_ms, wall_now() - wall_ms };
}

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *values, int count)
{
    qsort(values, (size_t)count, sizeof(values[0]), compare_doubles);
    return (values[(count - 1) / 2] + values[count / 2]) / 2;
}

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
