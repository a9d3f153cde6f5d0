/* The C runtime: what compiled graphs call, and what the JIT asks about it. Swift imports it as the
 * module `runtime`. */
#ifndef JG_RUNTIME_H
#define JG_RUNTIME_H

#include "jg_clock.h"
#include "jg_matmul.h"
#include "jg_memory.h"
#include "jg_parallel.h"
#include "jg_portable.h"
#include "jg_protection.h"
#include "jg_strips.h"
#include "jg_symbols.h"

#endif
