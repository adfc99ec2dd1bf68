/* macOS's <malloc/malloc.h>; only what src/os names. */
#ifndef _MALLOC_MALLOC_H_
#define _MALLOC_MALLOC_H_

#include <stddef.h>

typedef struct malloc_zone malloc_zone_t;

size_t malloc_zone_pressure_relief(malloc_zone_t *, size_t);

#endif
