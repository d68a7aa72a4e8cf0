/*
 * version.h - which vgpusim this is.
 */
#ifndef SIM_CLI_VERSION_H
#define SIM_CLI_VERSION_H

/* As 0.1.0. */
extern const char *const version_text;

#endif
