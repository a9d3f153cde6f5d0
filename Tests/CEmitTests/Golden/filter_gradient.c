#include "filter_gradient.h"

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

size_t filter_gradient_workspace(int64_t b, int64_t c, int64_t t, int64_t o) {
  (void)c;
  if (256.0*(double)b*(double)o*(double)t > 9e18) return SIZE_MAX;
  const int64_t size = (4*b*o*t + 63)/64;
  return (size_t)(64*size);
}

int filter_gradient(int64_t b, int64_t c, int64_t t, int64_t o, const float *x, const float *k,
                    float *restrict energy, float *restrict grad_x, float *restrict grad_k,
                    void *workspace) {
  if (b < 0 || c < 0 || o < 0 || t < 3) return 1;
  float *const conv = (float *)workspace;
  float energy_value = 0.0f;
  /* line 4: conv, energy (sum), grad_x (conv_input) */
  for (int64_t i = 0; i < b; i++) {
    for (int64_t j = 0; j < o; j++) {
      for (int64_t k_2 = 0; k_2 < t; k_2++) {
        float conv_value = 0.0f;
        for (int64_t l = 0; l < c; l++) {
          for (int64_t i4 = 0; i4 < 3; i4++) {
            conv_value += 1 <= k_2 + i4 && k_2 + i4 < t + 1
                ? x[c*t*i + t*l + k_2 + i4 - 1] * k[3*c*j + 3*l + i4] : 0.0f;
          }
        }
        conv[o*t*i + t*j + k_2] = conv_value;
        energy_value += conv_value * conv_value;
      }
    }
    for (int64_t j = 0; j < c; j++) {
      for (int64_t k_2 = 0; k_2 < t; k_2++) {
        float grad_x_value = 0.0f;
        for (int64_t l = 0; l < o; l++) {
          for (int64_t i4 = 0; i4 < 3; i4++) {
            grad_x_value += i4 <= k_2 + 1 && k_2 + 1 < i4 + t
                ? 2.0f * conv[o*t*i + t*l + k_2 - i4 + 1] * k[3*c*l + 3*j + i4] : 0.0f;
          }
        }
        grad_x[c*t*i + t*j + k_2] = grad_x_value;
      }
    }
  }
  *energy = energy_value;
  /* line 4: grad_k (conv_kernel) */
  for (int64_t i = 0; i < o; i++) {
    for (int64_t j = 0; j < c; j++) {
      for (int64_t k_2 = 0; k_2 < 3; k_2++) {
        float grad_k_value = 0.0f;
        for (int64_t l = 0; l < b; l++) {
          for (int64_t i4 = 0; i4 < t; i4++) {
            grad_k_value += 1 <= k_2 + i4 && k_2 + i4 < t + 1
                ? x[c*t*l + t*j + k_2 + i4 - 1] * (2.0f * conv[o*t*l + t*i + i4]) : 0.0f;
          }
        }
        grad_k[3*c*i + 3*j + k_2] = grad_k_value;
      }
    }
  }
  return 0;
}
