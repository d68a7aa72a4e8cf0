#include "scenario/scenario.h"
void scenario_write_effective(const struct scenario *s, bool c, struct text *t)
{
    (void)s;
    (void)c;
    (void)t;
}
void scenario_write_reference(struct text *t)
{
    (void)t;
}
void scenario_write_schema(struct text *t)
{
    (void)t;
}
