/* Memory that grows: rows that a loop keeps while only the run tells how many there will be. Shipped
 * C carries these functions verbatim: C99, no globals. */
#ifndef JG_STACK_H
#define JG_STACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

/* The rows, and how many there is room for. Begins as {NULL, 0}. All rows of a stack are of one
 * size, which is passed wherever it matters. */
typedef struct { void *rows; int64_t room; } jg_stack;

/* Makes room for `needed` rows of `row_bytes` each, or more for those to come, in `most` bytes at
 * most; what lies there stays. The room doubles, but takes no more than an eighth of what is left to
 * it, so that others find some too. False, and nothing changed, where memory is short. */
static inline bool jg_stack_grow_within(jg_stack *stack, int64_t needed, int64_t row_bytes,
                                        int64_t most) {
  const int64_t width = row_bytes > 0 ? row_bytes : 1;
  const int64_t limit = ((uint64_t)most > SIZE_MAX / 2 ? (int64_t)(SIZE_MAX / 2) : most) / width;
  if (most < 0 || needed > limit) return false;
  int64_t room = stack->room > 0 ? stack->room : 2048 / width;
  room = room > limit / 2 ? limit : 2 * room;
  const int64_t fair = needed + (limit - needed) / 8;
  if (room > fair) room = fair;
  if (room < needed) room = needed;
  void *rows = realloc(stack->rows, (size_t)room * (size_t)width);
  if (!rows) return false;
  stack->rows = rows;
  stack->room = room;
  return true;
}

/* The same with no limit but the machine's memory. */
static inline bool jg_stack_grow(jg_stack *stack, int64_t needed, int64_t row_bytes) {
  return jg_stack_grow_within(stack, needed, row_bytes, INT64_MAX);
}

static inline void jg_stack_free(jg_stack *stack) {
  free(stack->rows);
  stack->rows = NULL;
  stack->room = 0;
}

#endif
