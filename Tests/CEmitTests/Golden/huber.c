#include "huber.h"

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

size_t huber_workspace(int64_t n) {
  (void)n;
  return 0;
}

int huber(int64_t n, const double *r, const double *delta, double *restrict loss, void *workspace) {
  (void)workspace;
  if (n < 0) return 1;
  const double delta_value = *delta;
  double loss_value = 0.0;
  const double t = 0.5 * delta_value;
  /* line 4: abs; line 5: loss (sum) */
  for (int64_t i = 0; i < n; i++) {
    const double t_2 = fabs(r[i]);
    loss_value += t_2 <= delta_value ? 0.5 * (r[i] * r[i]) : delta_value * (t_2 - t);
  }
  *loss = loss_value;
  return 0;
}
