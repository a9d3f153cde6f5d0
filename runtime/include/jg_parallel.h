/* Loops whose steps are independent of each other, on several threads. A pool of threads is started when
 * the first loop is worth it, and waits for the next one. Nothing that is computed depends on how many
 * threads there are: they only share out the steps. */
#ifndef JG_PARALLEL_H
#define JG_PARALLEL_H

#include <stdint.h>

/* Makes the steps from begin on, up to but without end. */
typedef void jg_steps(const void *given, int64_t begin, int64_t end);

/* Makes the steps 0 to extent - 1 of a loop, as calls of `steps`, each of which begins at a multiple of
 * `unit`; returns when all are made. `work` is about how many additions a step costs. Small loops, loops
 * within such a loop, and loops while another caller has the pool, are one call on the caller's thread. */
void jg_parallel(jg_steps *steps, const void *given, int64_t extent, int64_t unit, int64_t work);

/* How many threads a loop may run on, the caller's among them, unless the caller said otherwise: at first what
 * the environment variable JITGRAD_THREADS says, or else the processors that the process may use. At least 1,
 * at most JG_MOST_THREADS. */
int jg_threads(void);
void jg_threads_set(int threads);

/* The same for loops of the calling thread from here on; 0 for as many as the process has. Returns what
 * held before. */
int jg_threads_use(int threads);

/* Loops run on several threads from so many additions on, JG_LEAST_WORK at first; for tests. */
void jg_parallel_set_least_work(int64_t additions);

enum { JG_MOST_THREADS = 256, JG_LEAST_WORK = 100000 };

#endif
