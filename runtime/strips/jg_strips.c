/* Which strips this machine runs. */
#include <string.h>

#include "jg_strip_tables.h"

static const jg_symbol *table(void) {
#if defined(__x86_64__)
  if (jg_vector_width() == 64) return jg_strips_64;
  if (jg_vector_width() == 32) return jg_strips_32;
#endif
  return jg_strips_16;
}

const jg_symbol *jg_strip_table(size_t *count) {
  *count = JG_STRIP_COUNT;
  return table();
}

const jg_symbol *jg_strip_find(const char *name) {
  if (strncmp(name, "jg_strip_", 9) != 0) return NULL;
  const jg_symbol *const kernels = table();
  size_t low = 0, high = JG_STRIP_COUNT;
  while (low < high) {
    const size_t middle = low + (high - low) / 2;
    const int order = strcmp(name, kernels[middle].name);
    if (order == 0) return &kernels[middle];
    if (order < 0) high = middle;
    else low = middle + 1;
  }
  return NULL;
}
