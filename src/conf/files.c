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

/* May the value at hand be a file, or have one in it? Most are not, and need no name. */
static bool
leads_to_file(const struct conf_key *key, void *obj)
{
	switch (key->kind) {
	case CONF_PATH:
		return key->access != ACCESS_OTHER && *(char **)table_field(key, obj) != NULL;
	case CONF_PATHS:
		return key->access != ACCESS_OTHER && *table_count(key, obj) > 0;
	case CONF_GROUP:
		return true;
	case CONF_LIST:
		return *table_count(key, obj) > 0;
	default:
		return false;
	}
}

static int
walk_value(struct walk *w, const struct conf_key *key, void *obj)
{
	if (key->kind == CONF_PATH)
		return w->fn(w->arg, w->where.s, *(char **)table_field(key, obj), key->access);
	if (key->kind == CONF_GROUP)
		return walk_table(w, key->sub, table_field(key, obj));
	return walk_array(w, key, obj);
}

static int
walk_table(struct walk *w, const struct conf_key *table, void *obj)
{
	size_t len = w->where.len;
	int result = 0;

	for (const struct conf_key *key = table; key->name != NULL && result == 0; key++) {
		if (!leads_to_file(key, obj))
			continue;
		buf_add(&w->where, len > 0 ? "." : "");
		buf_add(&w->where, key->name);
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
