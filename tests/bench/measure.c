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
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { RUNS_MAX = 1000 };

static double milliseconds(struct timeval time)
{
    return (double)time.tv_sec * 1e3 + (double)time.tv_usec / 1e3;
}

static double cpu_of_children(void)
{
    struct rusage usage;
    getrusage(RUSAGE_CHILDREN, &usage);
    return milliseconds(usage.ru_utime) + milliseconds(usage.ru_stime);
}

static double wall_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static void run(char **command)
{
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
        fprintf(stderr, "measure: %s failed\n", command[0]);
        exit(1);
    }
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
        double cpu_before = cpu_of_children();
        double wall_before = wall_now();
        run(&argv[2]);
        cpu[i] = cpu_of_children() - cpu_before;
        wall[i] = wall_now() - wall_before;
    }
    getrusage(RUSAGE_CHILDREN, &usage);
    printf("%.3f %.3f %ld\n", median(cpu, count), median(wall, count), usage.ru_maxrss);
    return 0;
}
