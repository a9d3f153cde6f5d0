/* How long the nests of a program take: compiled for a profile, it calls these around each of them. The
 * clocks belong to a thread, as a call does; a nest in a nest does not occur. */
#ifndef JG_CLOCK_H
#define JG_CLOCK_H

#include <stdint.h>

/* What one nest took so far, all its runs together. */
typedef struct { int64_t runs, nanoseconds; } jg_clock;

/* From now on calls of this thread use these clocks, one a nest; NULL for none. */
void jg_clock_use(jg_clock *clocks);

/* Around the nest of that number. Without clocks nothing happens. */
void jg_clock_start(int64_t nest);
void jg_clock_stop(int64_t nest);

#endif
