/* The nearest known name by Damerau-Levenshtein distance; see nearest.h. */
#include "util/nearest.h"

#include <string.h>

#define NAME_MAX_COMPARED 40 /* bytes; nobody misspells a name into more */

static unsigned
least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* Insertions, deletions, substitutions and swaps of neighbours (optimal string alignment). */
static unsigned
distance(const char *a, size_t n, const char *b, size_t m)
{
	unsigned row[NAME_MAX_COMPARED + 1][NAME_MAX_COMPARED + 1];

	for (unsigned i = 0; i <= n; i++)
		row[i][0] = i;
	for (unsigned k = 0; k <= m; k++)
		row[0][k] = k;
	for (size_t i = 1; i <= n; i++) {
		for (size_t k = 1; k <= m; k++) {
			unsigned cost = a[i - 1] == b[k - 1] ? 0 : 1;
			unsigned best = least(row[i - 1][k] + 1, row[i][k - 1] + 1);

			best = least(best, row[i - 1][k - 1] + cost);
			if (i > 1 && k > 1 && a[i - 1] == b[k - 2] && a[i - 2] == b[k - 1])
				best = least(best, row[i - 2][k - 2] + 1);
			row[i][k] = best;
		}
	}
	return row[n][m];
}

void
nearest_try(struct nearest *n, const char *candidate)
{
	size_t len = strlen(n->name), other = strlen(candidate);
	unsigned allowed = len / 3 > 2 ? (unsigned)len / 3 : 2, x;

	if (len > NAME_MAX_COMPARED || other > NAME_MAX_COMPARED)
		return;
	x = distance(n->name, len, candidate, other);
	/* Less than the whole name, or it would share nothing with what is suggested. */
	if (x > allowed || x >= len || x >= other || (n->best != NULL && x >= n->distance))
		return;
	n->best = candidate;
	n->distance = x;
}
