/* What the rows that loops keep may take in one call: all stacks of the call together. In this process
 * only; shipped C takes what the machine gives. */
#ifndef JG_MEMORY_H
#define JG_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

/* In bytes. The caller sets the limit and zeros; after a call that ended for want of memory, `needed`
 * is what all stacks needed at that moment: more than the limit, or more than the machine has. */
typedef struct { int64_t limit, held, needed; } jg_memory;

/* Makes room for `rows` rows of `row_bytes` in a stack (jg_stack.h) that belongs to the call. False,
 * and nothing changed but `needed`, where memory is short. */
bool jg_memory_grow(jg_memory *memory, void *stack, int64_t rows, int64_t row_bytes);

#endif
