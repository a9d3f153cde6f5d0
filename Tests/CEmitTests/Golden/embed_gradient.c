#include "embed_gradient.h"

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

size_t embed_gradient_workspace(int64_t words, int64_t d, int64_t n) {
  (void)words;
  (void)d;
  const int64_t size = (8*n + 63)/64;
  return (size_t)(128*size);
}

int embed_gradient(int64_t words, int64_t d, int64_t n, const double *E, const int64_t *sentence,
                   const double *w, double *restrict score, double *restrict grad_E,
                   double *restrict grad_w, void *workspace) {
  if (d < 0 || n < 0 || words < 1) return 1;
  const int64_t size = jg_min_i64(1, n);
  const int64_t size_2 = (8*n + 63)/64;
  if (words < size) return 1;
  int64_t *const broadcast = (int64_t *)workspace;
  double *const values = (double *)((char *)workspace + 64*size_2);
  double score_value = 0.0;
  for (int64_t i = 0; i < d; i++) {
    grad_w[i] = 0.0;
  }
  /* line 5: broadcast, dot, tanh, score (sum), subtract, grad_w (dot) */
  for (int64_t i = 0; i < n; i++) {
    const int64_t t = sentence[i] < 0 ? jg_add_i64(sentence[i], words) : sentence[i];
    broadcast[i] = t;
    double dot = 0.0;
    const int64_t at = jg_min_i64(jg_max_i64(t, 0), words - 1);
    for (int64_t j = 0; j < d; j++) {
      dot += E[d*at + j] * w[j];
    }
    const double t_2 = tanh(dot);
    score_value += t_2;
    const double t_3 = 1.0 - t_2 * t_2;
    values[i] = t_3;
    for (int64_t j = 0; j < d; j++) {
      grad_w[j] += t_3 * E[d*at + j];
    }
  }
  *score = score_value;
  /* line 5: grad_E (scatter) */
  for (int64_t i = 0; i < words; i++) {
    for (int64_t j = 0; j < d; j++) {
      grad_E[d*i + j] = 0.0;
    }
  }
  /* line 5: grad_E (scatter) */
  for (int64_t i = 0; i < n; i++) {
    const int64_t at = jg_min_i64(jg_max_i64(broadcast[i], 0), words - 1);
    for (int64_t j = 0; j < d; j++) {
      grad_E[d*at + j] += values[i] * w[j];
    }
  }
  return 0;
}
