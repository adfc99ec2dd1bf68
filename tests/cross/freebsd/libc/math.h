/* FreeBSD's <math.h>, math(3); only what src/ names. */
#ifndef _MATH_H_
#define _MATH_H_

#define NAN      __builtin_nanf("")
#define isnan(x) __builtin_isnan(x)

#endif
