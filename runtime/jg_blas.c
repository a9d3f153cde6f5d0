/* Opens libopenblas once, on one thread of its own (our threads come from elsewhere), and reports
 * what became of it. The library is never closed: its functions may be running. */
#define _GNU_SOURCE
#include "jg_blas.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdatomic.h>

#include "include/jg_matmul.h"

static jg_blas blas;
static atomic_int status = JG_BLAS_UNUSED;
static const char *configuration = "";
static pthread_once_t once = PTHREAD_ONCE_INIT;

/* Fills `blas`; 0 if a function is missing. POSIX lets dlsym's void * be a function's address. */
static int find_functions(void *library) {
  *(void **)&blas.dgemm = dlsym(library, "cblas_dgemm");
  *(void **)&blas.sgemm = dlsym(library, "cblas_sgemm");
  *(void **)&blas.dgemv = dlsym(library, "cblas_dgemv");
  *(void **)&blas.sgemv = dlsym(library, "cblas_sgemv");
  return blas.dgemm && blas.sgemm && blas.dgemv && blas.sgemv;
}

static void load(void) {
  void *library = dlopen("libopenblas.so.0", RTLD_NOW | RTLD_LOCAL);
  if (!library || !find_functions(library)) {
    atomic_store(&status, JG_BLAS_MISSING);
    return;
  }
  void (*set_threads)(int);
  *(void **)&set_threads = dlsym(library, "openblas_set_num_threads");
  if (set_threads) set_threads(1);
  char *(*get_config)(void);
  *(void **)&get_config = dlsym(library, "openblas_get_config");
  if (get_config) configuration = get_config();
  atomic_store(&status, JG_BLAS_LOADED);
}

const jg_blas *jg_blas_get(void) {
  (void)pthread_once(&once, load);
  return atomic_load(&status) == JG_BLAS_LOADED ? &blas : 0;
}

jg_blas_state jg_blas_status(void) { return (jg_blas_state)atomic_load(&status); }

jg_blas_state jg_blas_load(void) {
  (void)jg_blas_get();
  return jg_blas_status();
}

const char *jg_blas_configuration(void) {
  return jg_blas_status() == JG_BLAS_LOADED ? configuration : "";
}
