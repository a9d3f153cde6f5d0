#include "horner.h"

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

size_t horner_workspace(void) {
  return 0;
}

int horner(const float *x, const float *c, float *restrict p, void *workspace) {
  (void)workspace;
  const float x_value = *x;
  *p = ((c[3] * x_value + c[2]) * x_value + c[1]) * x_value + c[0];
  return 0;
}
