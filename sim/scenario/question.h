/*
 * question.h - the question that a scenario answers: the first paragraph of its opening
 * comment.
 */
#ifndef SIM_SCENARIO_QUESTION_H
#define SIM_SCENARIO_QUESTION_H

#include "base/arena.h"

#include <stddef.h>

/* On one line, without '#'; "" if the text does not open with a comment. The text is UTF-8. */
const char *question_of(struct arena *arena, const char *bytes, size_t size);

#endif
