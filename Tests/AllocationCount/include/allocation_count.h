/* Counts what is allocated, for tests that say how much that is. */
#pragma once

/* How often this thread has called malloc, calloc, realloc, memalign, aligned_alloc or posix_memalign, by
   whatever library. */
long allocation_count(void);
