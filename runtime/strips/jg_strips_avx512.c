/* Strips for machines with AVX-512. */
#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx512f,avx512dq,avx512bw,avx512vl,avx2,fma"))), apply_to = function)
#define JG_VECTOR_BYTES 64
#define JG_STRIP_TABLE jg_strips_64
#include "jg_strip_body.h"
#pragma clang attribute pop
#endif
