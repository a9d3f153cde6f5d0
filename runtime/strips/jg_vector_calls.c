/* Calls of functions that take and give vectors in registers. C can write such a call only in a file
 * that is compiled for these registers as a whole: clang decides how vectors are passed by the file, not
 * by the function. */
#include <stddef.h>
#include <stdint.h>

#include "jg_vector_math.h"

#if defined(__x86_64__)
/* void name(void *r, const void *a, const void *b, size_t vectors, void *f): five registers are saved, so
 * that the stack is aligned at the call. */
#define CALLS(name, bytes, register, operands)                                                 \
  __asm__(".text\n.p2align 4\n.hidden " name "\n.globl " name "\n.type " name ", @function\n" name ":\n" \
          "  push %rbx\n  push %r12\n  push %r13\n  push %r14\n  push %r15\n"                  \
          "  mov %rdi, %rbx\n  mov %rsi, %r12\n  mov %rdx, %r13\n  mov %rcx, %r14\n"           \
          "  mov %r8, %r15\n  test %r14, %r14\n  je 2f\n"                                      \
          "1:\n" operands "  call *%r15\n  vmovups %" register "0, (%rbx)\n"                   \
          "  add $" #bytes ", %rbx\n  add $" #bytes ", %r12\n  add $" #bytes ", %r13\n"        \
          "  dec %r14\n  jne 1b\n"                                                             \
          "2:\n  vzeroupper\n  pop %r15\n  pop %r14\n  pop %r13\n  pop %r12\n  pop %rbx\n  ret\n"  \
          ".size " name ", . - " name "\n")
CALLS("jg_vector_calls_32", 32, "ymm", "  vmovups (%r12), %ymm0\n  vmovups (%r13), %ymm1\n");
CALLS("jg_vector_calls_64", 64, "zmm", "  vmovups (%r12), %zmm0\n  vmovups (%r13), %zmm1\n");

void jg_vector_calls_32(void *r, const void *a, const void *b, size_t vectors, void *f);
void jg_vector_calls_64(void *r, const void *a, const void *b, size_t vectors, void *f);

static void calls(void *r, const void *a, const void *b, size_t vectors, void *f) {
  if (jg_vector_width() == 64) jg_vector_calls_64(r, a, b, vectors, f);
  else jg_vector_calls_32(r, a, b, vectors, f);
}

/* Whole vectors where they lie, the others from a buffer with zeros behind the last element. */
#define MAP(T, D)                                                                              \
  void jg_vector_map_2_##D(int64_t n, void *r, const void *a, int64_t sa, const void *b,       \
                           int64_t sb, void *f) {                                              \
    enum { ROOM = 64 };                                                                        \
    const int64_t lanes = jg_vector_width() / (int)sizeof(T);                                  \
    int64_t i = 0;                                                                             \
    if (sa == 1 && sb == 1) {                                                                  \
      i = n / lanes * lanes;                                                                   \
      calls(r, a, b, (size_t)(i / lanes), f);                                                  \
    }                                                                                          \
    while (i < n) {                                                                            \
      T x[ROOM] = {0}, y[ROOM] = {0};                                                          \
      const int64_t m = n - i < ROOM ? n - i : ROOM;                                           \
      for (int64_t k = 0; k < m; k++) {                                                        \
        x[k] = ((const T *)a)[(i + k) * sa];                                                   \
        y[k] = ((const T *)b)[(i + k) * sb];                                                   \
      }                                                                                        \
      calls(x, x, y, (size_t)((m + lanes - 1) / lanes), f);                                    \
      for (int64_t k = 0; k < m; k++) ((T *)r)[i + k] = x[k];                                  \
      i += m;                                                                                  \
    }                                                                                          \
  }                                                                                            \
  void jg_vector_map_##D(int64_t n, void *r, const void *a, int64_t sa, void *f) {             \
    jg_vector_map_2_##D(n, r, a, sa, a, sa, f);                                                \
  }
MAP(double, f64)
MAP(float, f32)
#endif
