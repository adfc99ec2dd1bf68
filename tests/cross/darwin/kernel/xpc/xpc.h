/* macOS's <xpc/xpc.h>; only what src/os names. */
#ifndef __XPC_H__
#define __XPC_H__

#include <stddef.h>

typedef void *xpc_object_t;
typedef const struct _xpc_type_s *xpc_type_t;

struct _xpc_type_s {
	int number;
};
extern const struct _xpc_type_s _xpc_type_array;
#define XPC_TYPE_ARRAY (&_xpc_type_array)

xpc_type_t xpc_get_type(xpc_object_t);
size_t xpc_array_get_count(xpc_object_t);
const char *xpc_array_get_string(xpc_object_t, size_t);

#endif
