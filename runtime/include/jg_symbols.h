/* The names outside itself that generated C may call, with their addresses: libm, three functions
 * of string.h, and our own. What is not in this table does not link, so it is also the list of what
 * a graph from a stranger can reach. */
#ifndef JG_SYMBOLS_H
#define JG_SYMBOLS_H

#include <stddef.h>

/* A name and a function's address; both live as long as the process. */
typedef struct {
  const char *name;
  const void *address;
} jg_symbol;

/* All symbols, sorted by name (strcmp); count receives how many. */
const jg_symbol *jg_symbol_table(size_t *count);

/* The symbol of that name, NULL if there is none. */
const jg_symbol *jg_symbol_find(const char *name);

/* Calls visit once for each symbol whose name stands before a "(" in text, as the prototype of
 * whatever C calls does. Giving tcc only these saves 70 of 185 µs a compile. */
void jg_symbol_visit_called(const char *text, void *context,
                            void (*visit)(void *context, const jg_symbol *symbol));

#endif
