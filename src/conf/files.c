/* The files that an object names, found through its table. */
#include "conf/doc.h"
#include "util/mem.h"

struct walk {
	struct buf where; /* of the value at hand: "nics[0].rom" */
	conf_file_fn *fn;
	void *arg;
};

static int walk_table(struct walk *w, const struct conf_key *table, void *obj);

static int
walk_array(struct walk *w, const struct conf_key *key, void *obj)
{
	char *array = *(char **)table_field(key, obj);
	size_t n = *table_count(key, obj), len = w->where.len;
	int result = 0;

	for (size_t i = 0; i < n && result == 0; i++) {
		buf_addf(&w->where, "[%zu]", i);
		if (key->kind == CONF_LIST)
			result = walk_table(w, key->sub, array + i * key->elem_size);
		else
			result =
			    w->fn(w->arg, w->where.s, ((char **)(void *)array)[i], key->access);
		w->where.s[w->where.len = len] = '\0';
	}
	return result;
}

static int
walk_value(struct walk *w, const struct conf_key *key, void *obj)
{
	const char *path;

	switch (key->kind) {
	case CONF_PATH:
		path = *(char **)table_field(key, obj);
		return key->access != ACCESS_OTHER && path != NULL
			   ? w->fn(w->arg, w->where.s, path, key->access)
			   : 0;
	case CONF_PATHS:
		return key->access != ACCESS_OTHER ? walk_array(w, key, obj) : 0;
	case CONF_GROUP:
		return walk_table(w, key->sub, table_field(key, obj));
	case CONF_LIST:
		return walk_array(w, key, obj);
	default:
		return 0;
	}
}

static int
walk_table(struct walk *w, const struct conf_key *table, void *obj)
{
	size_t len = w->where.len;
	int result = 0;

	for (const struct conf_key *key = table; key->name != NULL && result == 0; key++) {
		buf_addf(&w->where, "%s%s", len > 0 ? "." : "", key->name);
		result = walk_value(w, key, obj);
		w->where.s[w->where.len = len] = '\0';
	}
	return result;
}

int
conf_each_file(const struct conf_key *table, const void *obj, conf_file_fn *fn, void *arg)
{
	struct walk w = { .fn = fn, .arg = arg };
	/* The rows' helpers serve those who write, too. */
	int result = walk_table(&w, table, (void *)obj);

	buf_free(&w.where);
	return result;
}
