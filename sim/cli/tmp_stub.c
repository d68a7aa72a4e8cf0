#include "scenario/scenario.h"
void scenario_write_reference(struct text *t)
{
    (void)t;
}
void scenario_write_schema(struct text *t)
{
    (void)t;
}
