#include "lookup.h"

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* a + b modulo 2^64. */
static inline int64_t jg_add_i64(int64_t a, int64_t b) {
  return (int64_t)((uint64_t)a + (uint64_t)b);
}

/* The smaller one. */
static inline int64_t jg_min_i64(int64_t a, int64_t b) {
  return a < b ? a : b;
}

/* The larger one. */
static inline int64_t jg_max_i64(int64_t a, int64_t b) {
  return a > b ? a : b;
}

static const double table[] = {
  0.0, 0.5, 1.0, 1.0, 2.0, 4.0, -1.0, INFINITY, 0.1,
};

size_t lookup_workspace(void) {
  return 0;
}

int lookup(const int64_t *i, const double *x, double *restrict y, double *restrict row,
           void *workspace) {
  (void)workspace;
  const int64_t i_value = *i;
  const double x_value = *x;
  const int64_t at = jg_min_i64(jg_max_i64(i_value < 0 ? jg_add_i64(i_value, 3) : i_value, 0), 2);
  /* line 6: row (reshape) */
  for (int64_t i_2 = 0; i_2 < 3; i_2++) {
    row[i_2] = table[3*at + i_2];
  }
  *y = row[0] + x_value * (row[1] + x_value * row[2]);
  return 0;
}
