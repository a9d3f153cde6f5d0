/* Memory that grows: rows that a loop keeps while only the run tells how many there will be. Shipped
 * C carries these functions verbatim: C99, no globals. */
#ifndef JG_STACK_H
#define JG_STACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

/* The rows, and how many bytes there is room for. Begins as {NULL, 0}. */
typedef struct { void *rows; int64_t room; } jg_stack;

/* Makes room for `needed` bytes, at least twice what there was; what lies there stays. False, and
 * nothing changed, where memory is short. */
static inline bool jg_stack_grow(jg_stack *stack, int64_t needed) {
  int64_t room = stack->room < 4096 ? 4096 : stack->room;
  while (room < needed && room <= INT64_MAX / 2) room *= 2;
  if (room < needed || (uint64_t)room > SIZE_MAX) return false;
  void *rows = realloc(stack->rows, (size_t)room);
  if (!rows) return false;
  stack->rows = rows;
  stack->room = room;
  return true;
}

static inline void jg_stack_free(jg_stack *stack) {
  free(stack->rows);
  stack->rows = NULL;
  stack->room = 0;
}

#endif
