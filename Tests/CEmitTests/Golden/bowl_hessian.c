#include "bowl_hessian.h"

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

size_t bowl_hessian_workspace(int64_t n) {
  const int64_t size = (8*n*n + 63)/64;
  const int64_t size_2 = (8*n + 63)/64;
  const int64_t size_3 = (8*n*n*n + 63)/64;
  return (size_t)(192*size + 128*size_2 + 128*size_3);
}

int bowl_hessian(int64_t n, const double *x, const double *A, double *restrict f,
                 double *restrict grad_x, double *restrict grad_A, double *restrict hessian_x_x,
                 double *restrict hessian_A_x, double *restrict hessian_x_A,
                 double *restrict hessian_A_A, void *workspace) {
  if (n < 0) return 1;
  const int64_t size = (8*n + 63)/64;
  const int64_t size_2 = (8*n*n + 63)/64;
  const int64_t size_3 = (8*n*n*n + 63)/64;
  double *const dot = (double *)((char *)workspace + 64*size);
  double *const dot_2 = (double *)workspace;
  double *const values = (double *)((char *)workspace + 128*size);
  double *const dot_3 = (double *)((char *)workspace + 128*size + 64*size_2);
  double *const dot_4 = (double *)((char *)workspace + 128*size + 128*size_2);
  double *const dot_5 = (double *)((char *)workspace + 192*size_2 + 128*size);
  double *const dot_6 = (double *)((char *)workspace + 192*size_2 + 128*size + 64*size_3);
  double dot_value = 0.0;
  double sum = 0.0;
  for (int64_t i = 0; i < n; i++) {
    dot_2[i] = 0.0;
  }
  /* line 4: dot, sum, grad_A (dot), select */
  for (int64_t i = 0; i < n; i++) {
    double dot_value_2 = 0.0;
    const double t = 0.5 * x[i];
    for (int64_t j = 0; j < n; j++) {
      dot_value_2 += A[n*i + j] * x[j];
      dot_2[j] += t * A[n*i + j];
      grad_A[n*i + j] = t * x[j];
      values[n*i + j] = i == j ? 1.0 : 0.0;
    }
    dot[i] = dot_value_2;
    dot_value += 0.5 * x[i] * dot_value_2;
    const double t_2 = x[i] * x[i];
    sum += t_2 * t_2;
    for (int64_t j = 0; j < n; j++) {
      dot_4[n*i + j] = 0.0;
    }
    for (int64_t j = 0; j < n; j++) {
      double dot_value_3 = 0.0;
      const double t_3 = 0.5 * values[n*i + j];
      for (int64_t k = 0; k < n; k++) {
        dot_value_3 += values[n*i + k] * A[n*j + k];
        dot_4[n*i + k] += t_3 * A[n*j + k];
      }
      dot_3[n*i + j] = dot_value_3;
    }
  }
  *f = dot_value + sum;
  /* line 4: grad_x (add), multiply, hessian_x_x (transpose), hessian_A_x (transpose) */
  for (int64_t i = 0; i < n; i++) {
    const double t = x[i] * x[i];
    grad_x[i] = 4.0 * (t * x[i]) + dot_2[i] + dot[i] * 0.5;
    const double t_2 = 3.0 * t;
    const double t_3 = 0.5 * x[i];
    for (int64_t j = 0; j < n; j++) {
      hessian_x_x[n*i + j] = 4.0 * (t_2 * values[n*j + i]) + dot_4[n*j + i] + 0.5 * dot_3[n*j + i];
      for (int64_t k = 0; k < n; k++) {
        hessian_A_x[n*n*i + n*j + k] = 0.5 * values[n*k + i] * x[j] + t_3 * values[n*k + j];
      }
    }
  }
  /* line 4: reshape, dot */
  for (int64_t i = 0; i < n*n; i++) {
    for (int64_t j = 0; j < n; j++) {
      dot_6[n*i + j] = 0.0;
    }
    for (int64_t j = 0; j < n; j++) {
      double dot_value_2 = 0.0;
      const double t = 0.5 * x[j];
      for (int64_t k = 0; k < n; k++) {
        const double t_2 = i == n*j + k ? 1.0 : 0.0;
        dot_value_2 += t_2 * x[k];
        dot_6[n*i + k] += t * t_2;
      }
      dot_5[n*i + j] = dot_value_2;
    }
  }
  /* hessian_A_A; line 4: hessian_x_A (reshape) */
  for (int64_t i = 0; i < n; i++) {
    for (int64_t j = 0; j < n; j++) {
      for (int64_t k = 0; k < n; k++) {
        hessian_x_A[n*n*i + n*j + k] = dot_6[n*n*j + n*k + i] + 0.5 * dot_5[n*n*j + n*k + i];
        for (int64_t l = 0; l < n; l++) {
          hessian_A_A[n*n*n*i + n*n*j + n*k + l] = 0.0;
        }
      }
    }
  }
  return 0;
}
