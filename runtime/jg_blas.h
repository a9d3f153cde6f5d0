/* The lazily loaded BLAS. libopenblas is opened at the first product that is worth it: linking it
 * directly costs every process 1.8 ms and a thread at start (hello world 0.6 -> 2.4 ms, best of
 * 100); dlopen costs 2.1 ms once, and only those who multiply pay. Private to the runtime. */
#ifndef JG_BLAS_H
#define JG_BLAS_H

/* Values of cblas.h; its enumerations are int-sized in the ABI. */
enum { JG_ROW_MAJOR = 101, JG_NO_TRANS = 111, JG_TRANS = 112 };

typedef void jg_dgemm(int order, int transa, int transb, int m, int n, int k, double alpha,
                      const double *a, int lda, const double *b, int ldb, double beta, double *c,
                      int ldc);
typedef void jg_sgemm(int order, int transa, int transb, int m, int n, int k, float alpha,
                      const float *a, int lda, const float *b, int ldb, float beta, float *c,
                      int ldc);
typedef void jg_dgemv(int order, int trans, int m, int n, double alpha, const double *a, int lda,
                      const double *x, int incx, double beta, double *y, int incy);
typedef void jg_sgemv(int order, int trans, int m, int n, float alpha, const float *a, int lda,
                      const float *x, int incx, float beta, float *y, int incy);

/* The functions that products use. */
typedef struct {
  jg_dgemm *dgemm;
  jg_sgemm *sgemm;
  jg_dgemv *dgemv;
  jg_sgemv *sgemv;
} jg_blas;

/* The library, opened by the first caller and kept for the life of the process; NULL where there
 * is none. Safe from any thread. */
const jg_blas *jg_blas_get(void);

#endif
