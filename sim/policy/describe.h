/*
 * describe.h - the policies in words, for `vgpusim list` and `explain` and for
 * docs/policies.md.
 *
 * Everything comes from the registry, so a new policy is described by being in it. Texts are
 * appended to *text.
 */
#ifndef SIM_POLICY_DESCRIBE_H
#define SIM_POLICY_DESCRIBE_H

#include "base/field.h"
#include "base/text.h"

/* What a missing key means: 2ms, 25%, yes, or words. */
void describe_default(const struct field *field, struct text *text);

/* The page: all policies in a table, then each with what it is, the bound that it keeps, its
   parameters and its files. */
void describe_policies_page(struct text *text);

#endif
