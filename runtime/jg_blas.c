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
  const struct {
    const char *name;
    void **address;
  } wanted[] = {
      {"cblas_dgemm", (void **)&blas.dgemm}, {"cblas_sgemm", (void **)&blas.sgemm},
      {"cblas_dgemv", (void **)&blas.dgemv}, {"cblas_sgemv", (void **)&blas.sgemv},
      {"cblas_dtrsm", (void **)&blas.dtrsm}, {"cblas_strsm", (void **)&blas.strsm},
      {"dpotrf_", (void **)&blas.dpotrf},    {"spotrf_", (void **)&blas.spotrf},
      {"dgelqf_", (void **)&blas.dgelqf},    {"sgelqf_", (void **)&blas.sgelqf},
      {"dorglq_", (void **)&blas.dorglq},    {"sorglq_", (void **)&blas.sorglq},
      {"dsyevd_", (void **)&blas.dsyevd},    {"ssyevd_", (void **)&blas.ssyevd},
      {"dgesdd_", (void **)&blas.dgesdd},    {"sgesdd_", (void **)&blas.sgesdd},
  };
  for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
    *wanted[i].address = dlsym(library, wanted[i].name);
    if (!*wanted[i].address) return 0;
  }
  return 1;
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
