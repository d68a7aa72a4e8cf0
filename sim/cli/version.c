#include "cli/version.h"

const char *const version_text = VGPUSIM_VERSION;
