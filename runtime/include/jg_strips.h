/* Strips: arithmetic on a few hundred elements at a time, by the widest vectors of the machine. Every
 * function gives each element the bits that the scalar function of the same name gives, whatever the
 * vectors are, and sums have one order (jg_strip_body.h), so that results do not depend on where a
 * strip ends or on the machine's vectors.
 *
 *     void jg_strip_NAME_DTYPE(int64_t n, void *out, const void *a, int64_t stride_a, …)
 *
 * for functions of up to three operands; out is dense, operands lie at any stride, 0 for one number,
 * and out may be an operand of stride 1. Bools are bytes. Those that fold a strip into one number (sum,
 * dot, fold_maximum, fold_minimum) take the number so far and give the next one:
 *
 *     T jg_strip_sum_DTYPE(int64_t n, T first, const void *a, int64_t stride_a) */
#ifndef JG_STRIPS_H
#define JG_STRIPS_H

#include "jg_symbols.h"

/* Elements of a strip. */
enum { JG_STRIP_LENGTH = 256 };

/* The kernel of that name, NULL if there is none. */
const jg_symbol *jg_strip_find(const char *name);

/* All kernels in the order of their names; count receives how many. */
const jg_symbol *jg_strip_table(size_t *count);

/* The scalar function of math.h by which the strips of that name compute, NULL where it is libm's own:
 * SLEEF's, where that library and FMA are there. */
const jg_symbol *jg_vector_math_find(const char *name);

/* The vectors in use, for people: "AVX-512", "AVX2" or "SSE2". */
const char *jg_strip_vectors(void);

/* SLEEF is in use; loads it if need be. */
int jg_vector_math_status(void);

#endif
