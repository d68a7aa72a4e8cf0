#include "cli/watch.h"

#include <signal.h>
#include <stdio.h>
#include <unistd.h>

enum { BAR_WIDTH = 40 };

static volatile sig_atomic_t interrupted;

static void note_interrupt(int signal_number)
{
    (void)signal_number;
    interrupted = 1;
}

static void show(struct watch *watch)
{
    int percent = (int)(watch->done * 100.0 + 0.5);

    if (percent == watch->shown) {
        return;
    }
    watch->shown = percent;
    fprintf(stderr, "\r%s [", watch->name);
    for (int i = 0; i < BAR_WIDTH; i++) {
        fputc(i * 100 < percent * BAR_WIDTH ? '#' : ' ', stderr);
    }
    fprintf(stderr, "] %3d%%", percent);
}

static void progress(void *context, double done)
{
    struct watch *watch = context;

    (void)pthread_mutex_lock(&watch->lock);
    watch->done += done;
    if (watch->shows) {
        show(watch);
    }
    (void)pthread_mutex_unlock(&watch->lock);
}

static bool stop(void *context)
{
    (void)context;
    return interrupted != 0;
}

void watch_begin(struct watch *watch, const char *name, struct simulate_watch *ret)
{
    struct sigaction action = { .sa_handler = note_interrupt };

    *watch = (struct watch){ .name = name, .shows = isatty(STDERR_FILENO) == 1, .shown = -1 };
    (void)pthread_mutex_init(&watch->lock, NULL);
    (void)sigemptyset(&action.sa_mask);
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
    *ret = (struct simulate_watch){ .progress = progress, .stop = stop, .context = watch };
}

void watch_end(struct watch *watch)
{
    struct sigaction action = { .sa_handler = SIG_DFL };

    (void)sigemptyset(&action.sa_mask);
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
    if (watch->shows && watch->shown >= 0) {
        fputs("\r\033[K", stderr);
    }
    (void)pthread_mutex_destroy(&watch->lock);
}
