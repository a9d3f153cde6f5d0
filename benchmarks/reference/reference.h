/* What the references have in common: they stand alone, so that tcc and gcc see the same text.
 *
 *     void run(const double *const *in, double *const *out, int64_t n)
 *
 * takes the inputs of the graph file in order and gives the value, then the gradients in order; n is
 * the size that the file leaves open. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

void run(const double *const *in, double *const *out, int64_t n);
