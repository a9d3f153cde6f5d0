/* Pages of code are never writable and executable at once. libtcc's tcc_relocate asks for both
 * before it copies; between begin and end, on the calling thread, it gets writable pages only, and
 * whoever called it makes them executable and read-only when they are complete. */
#ifndef JG_PROTECTION_H
#define JG_PROTECTION_H

#include <stddef.h>

/* Around tcc_relocate; not nested. */
void jg_protection_begin(void);
void jg_protection_end(void);

/* How often execution was refused on this thread so far. */
size_t jg_protection_refusals(void);

#endif
