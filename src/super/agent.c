/* The request "agent": may the guest's agent be spoken to just now? Only QEMU knows whether it has
 * its end of the channel open, and whether somebody speaks to it already. */
#include <string.h>

#include "super/machine.h"

#define AGENT "agent0"

static const json_t *
agent_channel(const json_t *record)
{
	const json_t *list = json_object_get(record, "channels"), *channel;
	size_t i;

	json_array_foreach(list, i, channel)
	{
		const char *id = json_string_value(json_object_get(channel, "id"));

		if (id != NULL && strcmp(id, AGENT) == 0)
			return channel;
	}
	return NULL;
}

static void
on_chardevs(struct client *k, const json_t *m, const json_t *request)
{
	static const char free_word[] = "disconnected:";
	const json_t *list = json_object_get(m, "return"), *chardev;
	size_t i;

	json_array_foreach(list, i, chardev)
	{
		const char *label = json_string_value(json_object_get(chardev, "label"));
		const char *name = json_string_value(json_object_get(chardev, "filename"));

		if (label == NULL || name == NULL || strcmp(label, AGENT) != 0)
			continue;
		client_answer(k, json_pack("{s:b,s:b,s:b}", "ok", 1, "listens",
				     json_is_true(json_object_get(chardev, "frontend-open")),
				     "busy", strncmp(name, free_word, sizeof(free_word) - 1) != 0));
		return;
	}
	client_error(k, "its QEMU does not know the agent's channel");
}

void
control_agent(struct client *k, const json_t *request)
{
	if (agent_channel(client_super(k)->launch.record) == NULL)
		client_error(k, "it has no agent's channel");
	else
		client_ask(k, "query-chardev", NULL, on_chardevs, request);
}
