/*
 * cost.h - what a command costs, and medians of that: for measure.c and pairs.c.
 */
#ifndef TESTS_BENCH_COST_H
#define TESTS_BENCH_COST_H

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct cost {
    double cpu_ms; /* User and system time. */
    double wall_ms;
};

static inline double cpu_of_children(void)
{
    struct rusage usage;
    getrusage(RUSAGE_CHILDREN, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e3 +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e3;
}

static inline double wall_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

/* Runs it. What it prints is thrown away; if it fails, so does the caller. */
static inline struct cost cost_of(char **command)
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
        fprintf(stderr, "%s failed\n", command[0]);
        exit(1);
    }
    return (struct cost){ cpu_of_children() - cpu_ms, wall_now() - wall_ms };
}

static inline int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Puts the values in order; count > 0. */
static inline double median(double *values, int count)
{
    qsort(values, (size_t)count, sizeof(values[0]), compare_doubles);
    return (values[(count - 1) / 2] + values[count / 2]) / 2;
}

#endif
