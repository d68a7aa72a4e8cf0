#include "model/health.h"

#include "engine/exact.h"

static const double thousand = 1e3;
static const double million = 1e6;

double thermal_steady(const struct thermal *thermal, double watts)
{
    return (double)thermal->ambient / thousand + watts * (double)thermal->resistance / million;
}

double thermal_after(const struct thermal *thermal, double from, double watts, nsec dt_ns)
{
    double steady = thermal_steady(thermal, watts);
    double spans = (double)dt_ns / (double)thermal->time_constant_ns;

    return steady + (from - steady) * (spans < 700.0 ? exact_exp(-spans) : 0.0);
}

double thermal_power(const struct thermal *thermal, double load, double clock)
{
    double idle = (double)thermal->idle_mw / thousand;
    double above = (double)(thermal->load_mw - thermal->idle_mw) / thousand;

    return idle + load * above * exact_pow(clock, thermal->exponent);
}
