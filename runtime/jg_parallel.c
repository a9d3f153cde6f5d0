#define _GNU_SOURCE /* sched_getaffinity */
#include "include/jg_parallel.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

/* A loop that is being made. */
typedef struct {
  jg_steps *steps;
  const void *given;
  int64_t extent, chunk;
  _Atomic int64_t next; /* The first step that nobody has taken. */
} jg_job;

/* One loop at a time: who cannot have the pool makes its loop alone. */
static pthread_mutex_t owner = PTHREAD_MUTEX_INITIALIZER;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t is_posted = PTHREAD_COND_INITIALIZER;
static pthread_cond_t is_done = PTHREAD_COND_INITIALIZER;
/* These belong to the lock. */
static jg_job *job;
static int64_t number_of_job; /* Tells a new job from the last one. */
static int wanted;            /* So many helpers may still join the job. */
static int busy;              /* So many are at it. */
static int started;           /* Helpers that there are. */

static atomic_int threads_of_process;
static _Atomic int64_t least_work = JG_LEAST_WORK;
static _Thread_local int threads_of_caller;
static _Thread_local bool is_inside;

static int within(int threads) {
  return threads < 1 ? 1 : threads > JG_MOST_THREADS ? JG_MOST_THREADS : threads;
}

int jg_threads(void) {
  const int told = atomic_load_explicit(&threads_of_process, memory_order_relaxed);
  if (told > 0) return told;
  const char *const text = getenv("JITGRAD_THREADS");
  int found = text ? atoi(text) : 0; /* What is no number counts as nothing said. */
  cpu_set_t processors;
  if (found < 1 && sched_getaffinity(0, sizeof processors, &processors) == 0) {
    found = CPU_COUNT(&processors);
  }
  atomic_store_explicit(&threads_of_process, within(found), memory_order_relaxed);
  return within(found);
}

void jg_threads_set(int threads) { atomic_store(&threads_of_process, within(threads)); }

int jg_threads_use(int threads) {
  const int before = threads_of_caller;
  threads_of_caller = threads <= 0 ? 0 : within(threads);
  return before;
}

void jg_parallel_set_least_work(int64_t additions) { atomic_store(&least_work, additions); }

/* Takes chunks until none is left. */
static void make(jg_job *mine) {
  is_inside = true;
  for (;;) {
    const int64_t begin = atomic_fetch_add(&mine->next, mine->chunk);
    if (begin >= mine->extent) break;
    const int64_t rest = mine->extent - begin;
    mine->steps(mine->given, begin, begin + (rest < mine->chunk ? rest : mine->chunk));
  }
  is_inside = false;
}

static void *help(void *unused) {
  (void)unused;
  int64_t last = 0;
  pthread_mutex_lock(&lock);
  for (;;) {
    while (job == NULL || number_of_job == last || wanted == 0) {
      if (job != NULL) last = number_of_job;
      pthread_cond_wait(&is_posted, &lock);
    }
    last = number_of_job;
    wanted--;
    busy++;
    jg_job *const mine = job;
    pthread_mutex_unlock(&lock);
    make(mine);
    pthread_mutex_lock(&lock);
    if (--busy == 0) pthread_cond_signal(&is_done);
  }
  return NULL;
}

/* The number of helpers there are, after an attempt to have `count`. */
static int helpers(int count) {
  while (started < count) {
    pthread_t thread;
    pthread_attr_t attributes;
    if (pthread_attr_init(&attributes) != 0) break;
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    const int failed = pthread_create(&thread, &attributes, help, NULL);
    pthread_attr_destroy(&attributes);
    if (failed) break;
    started++;
  }
  return started < count ? started : count;
}

/* extent times work, or more than anything. */
static int64_t product(int64_t extent, int64_t work) {
  int64_t all;
  return __builtin_mul_overflow(extent, work, &all) ? INT64_MAX : all;
}

void jg_parallel(jg_steps *steps, const void *given, int64_t extent, int64_t unit, int64_t work) {
  if (extent <= 0) return;
  const int threads = threads_of_caller > 0 ? threads_of_caller : jg_threads();
  if (threads == 1 || extent <= unit || is_inside ||
      product(extent, work) < atomic_load_explicit(&least_work, memory_order_relaxed) ||
      pthread_mutex_trylock(&owner) != 0) {
    steps(given, 0, extent);
    return;
  }
  /* A few chunks a thread, so that one that is held up does not hold up all. */
  const int64_t units = (extent - 1) / unit + 1, shares = 4 * (int64_t)threads;
  jg_job mine = {steps, given, extent, ((units - 1) / shares + 1) * unit, 0};
  pthread_mutex_lock(&lock);
  const int others = helpers(threads - 1);
  job = &mine;
  number_of_job++;
  wanted = others;
  if (others > 0) pthread_cond_broadcast(&is_posted);
  pthread_mutex_unlock(&lock);
  make(&mine);
  pthread_mutex_lock(&lock);
  wanted = 0; /* Who has not come by now has nothing to do. */
  while (busy > 0) pthread_cond_wait(&is_done, &lock);
  job = NULL;
  pthread_mutex_unlock(&lock);
  pthread_mutex_unlock(&owner);
}
