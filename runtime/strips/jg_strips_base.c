/* Strips for every machine: what the compiler may use everywhere, and libm. */
#define JG_STRIP_TABLE jg_strips_16
#include "jg_strip_body.h"
