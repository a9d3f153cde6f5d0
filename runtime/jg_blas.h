/* The lazily loaded BLAS. libopenblas is opened at the first product that is worth it: linking it
 * directly costs every process 1.8 ms and a thread at start (hello world 0.6 -> 2.4 ms, best of
 * 100); dlopen costs 2.1 ms once, and only those who multiply pay. Private to the runtime. */
#ifndef JG_BLAS_H
#define JG_BLAS_H

#include <stddef.h>

/* Values of cblas.h; its enumerations are int-sized in the ABI. */
enum {
  JG_ROW_MAJOR = 101,
  JG_NO_TRANS = 111,
  JG_TRANS = 112,
  JG_UPPER = 121,
  JG_LOWER = 122,
  JG_NON_UNIT = 131,
  JG_UNIT = 132,
  JG_LEFT = 141,
  JG_RIGHT = 142
};

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
typedef void jg_dtrsm(int order, int side, int uplo, int trans, int diag, int m, int n,
                      double alpha, const double *a, int lda, double *b, int ldb);
typedef void jg_strsm(int order, int side, int uplo, int trans, int diag, int m, int n,
                      float alpha, const float *a, int lda, float *b, int ldb);

/* LAPACK by its Fortran names: everything by address, the lengths of texts at the end. */
typedef void jg_dpotrf(const char *uplo, const int *n, double *a, const int *lda, int *info,
                       size_t);
typedef void jg_spotrf(const char *uplo, const int *n, float *a, const int *lda, int *info,
                       size_t);
typedef void jg_dgelqf(const int *m, const int *n, double *a, const int *lda, double *tau,
                       double *work, const int *lwork, int *info);
typedef void jg_sgelqf(const int *m, const int *n, float *a, const int *lda, float *tau,
                       float *work, const int *lwork, int *info);
typedef void jg_dorglq(const int *m, const int *n, const int *k, double *a, const int *lda,
                       const double *tau, double *work, const int *lwork, int *info);
typedef void jg_sorglq(const int *m, const int *n, const int *k, float *a, const int *lda,
                       const float *tau, float *work, const int *lwork, int *info);
typedef void jg_dsyevd(const char *jobz, const char *uplo, const int *n, double *a, const int *lda,
                       double *w, double *work, const int *lwork, int *iwork, const int *liwork,
                       int *info, size_t, size_t);
typedef void jg_ssyevd(const char *jobz, const char *uplo, const int *n, float *a, const int *lda,
                       float *w, float *work, const int *lwork, int *iwork, const int *liwork,
                       int *info, size_t, size_t);
typedef void jg_dgesdd(const char *jobz, const int *m, const int *n, double *a, const int *lda,
                       double *s, double *u, const int *ldu, double *vt, const int *ldvt,
                       double *work, const int *lwork, int *iwork, int *info, size_t);
typedef void jg_sgesdd(const char *jobz, const int *m, const int *n, float *a, const int *lda,
                       float *s, float *u, const int *ldu, float *vt, const int *ldvt, float *work,
                       const int *lwork, int *iwork, int *info, size_t);

/* The functions that products and factorizations use. */
typedef struct {
  jg_dgemm *dgemm;
  jg_sgemm *sgemm;
  jg_dgemv *dgemv;
  jg_sgemv *sgemv;
  jg_dtrsm *dtrsm;
  jg_strsm *strsm;
  jg_dpotrf *dpotrf;
  jg_spotrf *spotrf;
  jg_dgelqf *dgelqf;
  jg_sgelqf *sgelqf;
  jg_dorglq *dorglq;
  jg_sorglq *sorglq;
  jg_dsyevd *dsyevd;
  jg_ssyevd *ssyevd;
  jg_dgesdd *dgesdd;
  jg_sgesdd *sgesdd;
} jg_blas;

/* The library, opened by the first caller and kept for the life of the process; NULL where there
 * is none. Safe from any thread. */
const jg_blas *jg_blas_get(void);

#endif
