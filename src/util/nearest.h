/* "Did you mean": of many names the one that is nearest to a misspelt one. */
#ifndef VMRUN_UTIL_NEAREST_H
#define VMRUN_UTIL_NEAREST_H

struct nearest {
	const char *name; /* what somebody wrote */
	const char *best; /* the candidate that was most likely meant; NULL: none is near */
	unsigned distance;
};

/* Every candidate in turn; of two that are equally near the first is kept. It must live as long as
 * best is used. */
void nearest_try(struct nearest *n, const char *candidate);

#endif
