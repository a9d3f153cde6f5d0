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
  *p = ((c[3] * *x + c[2]) * *x + c[1]) * *x + c[0];
  return 0;
}
