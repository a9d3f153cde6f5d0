/* Strips for machines with AVX2 and FMA. */
#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#define JG_VECTOR_BYTES 32
#define JG_STRIP_TABLE jg_strips_32
#include "jg_strip_body.h"
#pragma clang attribute pop
#endif
