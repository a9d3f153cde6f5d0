#include "include/jg_memory.h"

#include "portable/jg_stack.h"

/* a·b + c for numbers that are not negative, INT64_MAX where that is too much. */
static int64_t product_and_sum(int64_t a, int64_t b, int64_t c) {
  return b > 0 && a > (INT64_MAX - c) / b ? INT64_MAX : a * b + c;
}

bool jg_memory_grow(jg_memory *memory, void *grown, int64_t rows, int64_t row_bytes) {
  jg_stack *const stack = grown;
  /* A row of nothing takes a byte, as in jg_stack_grow_within. */
  const int64_t width = row_bytes > 0 ? row_bytes : 1;
  const int64_t others = memory->held - stack->room * width;
  if (!jg_stack_grow_within(stack, rows, row_bytes, memory->limit - others)) {
    memory->needed = product_and_sum(rows, width, others);
    return false;
  }
  memory->held = others + stack->room * width;
  return true;
}
