#include "bowl_hessian.h"

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

size_t bowl_hessian_workspace(int64_t n) {
  const int64_t size = (8*n*n*n + 63)/64;
  const int64_t size_2 = (8*n*n + 63)/64;
  const int64_t size_3 = (8*n + 63)/64;
  return (size_t)(128*size + 192*size_2 + 192*size_3);
}

int bowl_hessian(int64_t n, const double *x, const double *A, double *restrict f,
                 double *restrict grad_x, double *restrict grad_A, double *restrict hessian_x_x,
                 double *restrict hessian_A_x, double *restrict hessian_x_A,
                 double *restrict hessian_A_A, void *workspace) {
  if (n < 0) return 1;
  const int64_t size = (8*n + 63)/64;
  const int64_t size_2 = (8*n*n + 63)/64;
  const int64_t size_3 = (8*n*n*n + 63)/64;
  double *const t = (double *)((char *)workspace + 64*size);
  double *const t_2 = (double *)workspace;
  double *const t_3 = (double *)((char *)workspace + 64*size_2 + 128*size);
  double *const t_4 = (double *)((char *)workspace + 128*size);
  double *const t_5 = (double *)((char *)workspace + 64*size_2 + 192*size);
  double *const t_6 = (double *)((char *)workspace + 128*size_2 + 192*size);
  double *const t_7 = (double *)((char *)workspace + 192*size_2 + 192*size);
  double *const t_8 = (double *)((char *)workspace + 64*size_3 + 192*size_2 + 192*size);
  double t_9 = 0.0;
  double t_10 = 0.0;
  for (int64_t i = 0; i < n; i++) {
    t_2[i] = 0.0;
  }
  /* line 4: dot, sum, grad_A (dot), select */
  for (int64_t i = 0; i < n; i++) {
    double t_11 = 0.0;
    const double t_12 = 0.5 * x[i];
    for (int64_t j = 0; j < n; j++) {
      t_11 += A[n*i + j] * x[j];
      t_2[j] += t_12 * A[n*i + j];
      grad_A[n*i + j] = t_12 * x[j];
      t_4[n*i + j] = i == j ? 1.0 : 0.0;
    }
    t[i] = t_11;
    t_9 += 0.5 * x[i] * t_11;
    t_10 += pow(x[i], 4.0);
  }
  *f = t_9 + t_10;
  /* line 4: grad_x (add), multiply, dot, hessian_A_x (transpose) */
  for (int64_t i = 0; i < n; i++) {
    grad_x[i] = 4.0 * pow(x[i], 3.0) + t_2[i] + t[i] * 0.5;
    t_3[i] = 3.0 * (x[i] * x[i]);
    for (int64_t j = 0; j < n; j++) {
      t_6[n*i + j] = 0.0;
    }
    const double t_13 = 0.5 * x[i];
    for (int64_t j = 0; j < n; j++) {
      double t_14 = 0.0;
      const double t_15 = 0.5 * t_4[n*i + j];
      for (int64_t k = 0; k < n; k++) {
        t_14 += A[n*i + k] * t_4[n*j + k];
        t_6[n*i + k] += t_15 * A[n*j + k];
        hessian_A_x[n*n*i + n*j + k] = 0.5 * t_4[n*k + i] * x[j] + t_13 * t_4[n*k + j];
      }
      t_5[n*i + j] = t_14;
    }
  }
  /* line 4: hessian_x_x (transpose) */
  for (int64_t i = 0; i < n; i++) {
    for (int64_t j = 0; j < n; j++) {
      hessian_x_x[n*i + j] = 4.0 * (t_3[i] * t_4[n*j + i]) + t_6[n*j + i] + 0.5 * t_5[n*i + j];
    }
  }
  /* line 4: reshape, dot */
  for (int64_t i = 0; i < n*n; i++) {
    for (int64_t j = 0; j < n; j++) {
      t_8[n*i + j] = 0.0;
    }
    for (int64_t j = 0; j < n; j++) {
      double t_16 = 0.0;
      const double t_17 = 0.5 * x[j];
      for (int64_t k = 0; k < n; k++) {
        const double t_18 = i == n*j + k ? 1.0 : 0.0;
        t_16 += t_18 * x[k];
        t_8[n*i + k] += t_17 * t_18;
      }
      t_7[n*i + j] = t_16;
    }
  }
  /* hessian_A_A; line 4: hessian_x_A (reshape) */
  for (int64_t i = 0; i < n; i++) {
    for (int64_t j = 0; j < n; j++) {
      for (int64_t k = 0; k < n; k++) {
        hessian_x_A[n*n*i + n*j + k] = t_8[n*n*j + n*k + i] + 0.5 * t_7[n*n*j + n*k + i];
        for (int64_t l = 0; l < n; l++) {
          hessian_A_A[n*n*n*i + n*n*j + n*k + l] = 0.0;
        }
      }
    }
  }
  return 0;
}
