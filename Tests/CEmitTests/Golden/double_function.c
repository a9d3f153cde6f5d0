#include "double_function.h"

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

size_t double_function_workspace(int64_t size_of) {
  (void)size_of;
  return 0;
}

int double_function(int64_t size_of, const double *int_2, const double *x___system__rm,
                    const double *while_, double *restrict return_2, double *restrict grad_1,
                    void *workspace) {
  (void)workspace;
  if (size_of < 0) return 1;
  double sum = 0.0;
  /* line 5: sum */
  for (int64_t i = 0; i < size_of; i++) {
    sum += int_2[i];
  }
  const double for_value = sum * *x___system__rm;
  *return_2 = exp(for_value) + *while_;
  *grad_1 = for_value / (double)size_of;
  return 0;
}
