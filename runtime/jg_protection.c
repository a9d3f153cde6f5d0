/* An mprotect of our own in front of the system's, for what is linked statically with us: libtcc.a
 * among them. It is hidden, so shared libraries and the program around us keep theirs, and outside
 * of begin and end it does what the system's does. */
#define _GNU_SOURCE /* syscall */
#include "include/jg_protection.h"

#include <stdbool.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

static _Thread_local bool is_relocating;
static _Thread_local size_t refusals;

void jg_protection_begin(void) { is_relocating = true; }
void jg_protection_end(void) { is_relocating = false; }
size_t jg_protection_refusals(void) { return refusals; }

__attribute__((visibility("hidden"))) int mprotect(void *start, size_t byte_count, int protection) {
  const int both = PROT_WRITE | PROT_EXEC;
  if (is_relocating && (protection & both) == both) {
    protection &= ~PROT_EXEC;
    refusals++;
  }
  return (int)syscall(SYS_mprotect, start, byte_count, protection);
}
