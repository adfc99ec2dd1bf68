/* "Did you mean": the nearest known name by Damerau-Levenshtein distance. */
#include <string.h>

#include "conf/doc.h"

#define NAME_MAX_COMPARED 40 /* bytes; nobody misspells a key of ours into more */

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

const char *
nearest_key(const struct conf_key *table, const char *name)
{
	const char *best = NULL;
	size_t n = strlen(name);
	unsigned allowed = n / 3 > 2 ? (unsigned)n / 3 : 2, best_distance = 0;

	if (n > NAME_MAX_COMPARED)
		return NULL;
	for (const struct conf_key *key = table; key->name != NULL; key++) {
		size_t m = strlen(key->name);
		unsigned x = m > NAME_MAX_COMPARED ? allowed + 1 : distance(name, n, key->name, m);

		/* Less than the whole name, or it would share nothing with what is suggested. */
		if (x <= allowed && x < n && x < m && (best == NULL || x < best_distance)) {
			best = key->name;
			best_distance = x;
		}
	}
	return best;
}
