/*
 * placed.h - a scenario from its text, loaded and placed, for tests of who gets what and where.
 */
#ifndef TESTS_SUPPORT_PLACED_H
#define TESTS_SUPPORT_PLACED_H

#include "run/setup.h"
#include "scenario/scenario.h"

struct placed {
    struct scenario scenario;
    struct setup setup;
    struct arena arena;
    struct err_list errors;
    char text[4096];
};

/* Loads ten seconds of `gpus`, which may begin with other keys, and the items of `vms`. 0, or
   -1 with the errors. placed_unload in either case. */
int placed_load(struct placed *w, const char *gpus, const char *vms);
void placed_unload(struct placed *w);

/* It must succeed, or the test fails. */
void placed_must_load(struct placed *w, const char *gpus, const char *vms);

/* "vm>partition ..." in scenario order; "-": refused. */
void placed_check_places(const struct placed *w, const char *want);

/* It must fail with an error that has the word. */
void placed_check_error(const char *gpus, const char *vms, const char *word);

#endif
