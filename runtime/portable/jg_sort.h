/* Stable sorting of one row with its permutation, O(n log n), nothing allocated: bottom-up merge
 * sort of the indices, starting from insertion-sorted runs of 8. One algorithm serves all dtypes;
 * only "stands before" differs. Shipped C carries these functions verbatim: C99, no globals. */
#ifndef JG_SORT_H
#define JG_SORT_H

#include <stdbool.h>
#include <stdint.h>

/* Whether element i of a row stands strictly before element j. Descending reverses numbers only:
 * NaN comes last in either order, -0 ties with +0, false is before true. i, j: in elements. */
typedef bool jg_sort_order(const void *row, int64_t i, int64_t j, bool descending);

static inline bool jg_sort_order_f64(const void *row, int64_t i, int64_t j, bool descending) {
  const double a = ((const double *)row)[i], b = ((const double *)row)[j];
  return (descending ? a > b : a < b) || (a == a && b != b);
}

static inline bool jg_sort_order_f32(const void *row, int64_t i, int64_t j, bool descending) {
  const float a = ((const float *)row)[i], b = ((const float *)row)[j];
  return (descending ? a > b : a < b) || (a == a && b != b);
}

static inline bool jg_sort_order_i64(const void *row, int64_t i, int64_t j, bool descending) {
  const int64_t a = ((const int64_t *)row)[i], b = ((const int64_t *)row)[j];
  return descending ? a > b : a < b;
}

static inline bool jg_sort_order_i32(const void *row, int64_t i, int64_t j, bool descending) {
  const int32_t a = ((const int32_t *)row)[i], b = ((const int32_t *)row)[j];
  return descending ? a > b : a < b;
}

static inline bool jg_sort_order_bool(const void *row, int64_t i, int64_t j, bool descending) {
  const bool a = ((const bool *)row)[i], b = ((const bool *)row)[j];
  return descending ? a && !b : b && !a;
}

/* Puts the indices first … last - 1 in order, by insertion. */
static inline void jg_sort_run(int64_t first, int64_t last, int64_t stride, bool descending,
                               const void *row, jg_sort_order *before, int64_t *indices) {
  for (int64_t i = first; i < last; i++) {
    int64_t k = i;
    for (; k > first && before(row, i * stride, indices[k - 1] * stride, descending); k--) {
      indices[k] = indices[k - 1];
    }
    indices[k] = i;
  }
}

/* Merges the ordered runs from[first … middle) and from[middle … last) into to; the left one wins
 * ties, which makes the sort stable. `from` and `to` have strides of their own. */
static inline void jg_sort_merge(int64_t first, int64_t middle, int64_t last, int64_t stride,
                                 bool descending, const void *row, jg_sort_order *before,
                                 const int64_t *from, int64_t from_stride, int64_t *to,
                                 int64_t to_stride) {
  int64_t left = first, right = middle;
  for (int64_t k = first; k < last; k++) {
    bool take_right = left == middle;
    if (!take_right && right < last) {
      const int64_t i = from[left * from_stride], j = from[right * from_stride];
      take_right = before(row, j * stride, i * stride, descending);
    }
    to[k * to_stride] = from[(take_right ? right++ : left++) * from_stride];
  }
}

/* indices[k stride] = where the k-th element in order stands. workspace: n elements. */
static inline void jg_sort_indices(int64_t n, int64_t stride, bool descending, const void *row,
                                   jg_sort_order *before, int64_t *indices, int64_t *workspace) {
  const int64_t run = 8;
  int64_t *from = workspace, *to = indices;
  int64_t from_stride = 1, to_stride = stride;
  for (int64_t first = 0; first < n; first += run) {
    jg_sort_run(first, n - first < run ? n : first + run, stride, descending, row, before, from);
  }
  for (int64_t width = run; width < n; width *= 2) {
    for (int64_t first = 0; first < n; first += 2 * width) {
      const int64_t middle = n - first < width ? n : first + width;
      const int64_t last = n - middle < width ? n : middle + width;
      jg_sort_merge(first, middle, last, stride, descending, row, before, from, from_stride, to,
                    to_stride);
    }
    int64_t *const swapped = from;
    const int64_t swapped_stride = from_stride;
    from = to;
    from_stride = to_stride;
    to = swapped;
    to_stride = swapped_stride;
  }
  if (from == indices) return;
  for (int64_t k = 0; k < n; k++) indices[k * stride] = workspace[k];
}

/* Sorts the row x[0], x[stride], … of n elements into values, at the same stride, and writes where
 * each element stood to indices, at the same stride. descending: 0 or 1. Nothing may overlap.
 * workspace: n elements, content undefined before and after. n = 0 and n = 1 are ordinary. */
static inline void jg_sort_f64(int64_t n, int64_t stride, int64_t descending, const double *x,
                               double *values, int64_t *indices, int64_t *workspace) {
  jg_sort_indices(n, stride, descending != 0, x, jg_sort_order_f64, indices, workspace);
  for (int64_t k = 0; k < n; k++) values[k * stride] = x[indices[k * stride] * stride];
}

/* As jg_sort_f64. */
static inline void jg_sort_f32(int64_t n, int64_t stride, int64_t descending, const float *x,
                               float *values, int64_t *indices, int64_t *workspace) {
  jg_sort_indices(n, stride, descending != 0, x, jg_sort_order_f32, indices, workspace);
  for (int64_t k = 0; k < n; k++) values[k * stride] = x[indices[k * stride] * stride];
}

/* As jg_sort_f64. */
static inline void jg_sort_i64(int64_t n, int64_t stride, int64_t descending, const int64_t *x,
                               int64_t *values, int64_t *indices, int64_t *workspace) {
  jg_sort_indices(n, stride, descending != 0, x, jg_sort_order_i64, indices, workspace);
  for (int64_t k = 0; k < n; k++) values[k * stride] = x[indices[k * stride] * stride];
}

/* As jg_sort_f64. */
static inline void jg_sort_i32(int64_t n, int64_t stride, int64_t descending, const int32_t *x,
                               int32_t *values, int64_t *indices, int64_t *workspace) {
  jg_sort_indices(n, stride, descending != 0, x, jg_sort_order_i32, indices, workspace);
  for (int64_t k = 0; k < n; k++) values[k * stride] = x[indices[k * stride] * stride];
}

/* As jg_sort_f64. */
static inline void jg_sort_bool(int64_t n, int64_t stride, int64_t descending, const bool *x,
                                bool *values, int64_t *indices, int64_t *workspace) {
  jg_sort_indices(n, stride, descending != 0, x, jg_sort_order_bool, indices, workspace);
  for (int64_t k = 0; k < n; k++) values[k * stride] = x[indices[k * stride] * stride];
}

#endif
