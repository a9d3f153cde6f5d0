/* Embeds the portable headers as text (#embed: C23, an extension of Swift's clang before that). */
#include "include/jg_portable.h"

#include <string.h>

#pragma clang diagnostic ignored "-Wc23-extensions"

static const char int_text[] = {
#embed "portable/jg_int.h"
    , 0};
static const char float_text[] = {
#embed "portable/jg_float.h"
    , 0};
static const char logistic_text[] = {
#embed "portable/jg_logistic.h"
    , 0};
static const char special_text[] = {
#embed "portable/jg_special.h"
    , 0};
static const char error_text[] = {
#embed "portable/jg_error.h"
    , 0};
static const char bessel_text[] = {
#embed "portable/jg_bessel.h"
    , 0};
static const char incomplete_text[] = {
#embed "portable/jg_incomplete.h"
    , 0};
static const char logarithm_text[] = {
#embed "portable/jg_logarithm.h"
    , 0};
static const char sort_text[] = {
#embed "portable/jg_sort.h"
    , 0};

static const char stack_text[] = {
#embed "portable/jg_stack.h"
    , 0};
static const char lapack_text[] = {
#embed "portable/jg_lapack.h"
    , 0};
static const char linalg_text[] = {
#embed "portable/jg_linalg.h"
    , 0};

const char *jg_portable_text(const char *file_name) {
  if (strcmp(file_name, "jg_int.h") == 0) return int_text;
  if (strcmp(file_name, "jg_float.h") == 0) return float_text;
  if (strcmp(file_name, "jg_logistic.h") == 0) return logistic_text;
  if (strcmp(file_name, "jg_special.h") == 0) return special_text;
  if (strcmp(file_name, "jg_error.h") == 0) return error_text;
  if (strcmp(file_name, "jg_bessel.h") == 0) return bessel_text;
  if (strcmp(file_name, "jg_incomplete.h") == 0) return incomplete_text;
  if (strcmp(file_name, "jg_logarithm.h") == 0) return logarithm_text;
  if (strcmp(file_name, "jg_sort.h") == 0) return sort_text;
  if (strcmp(file_name, "jg_stack.h") == 0) return stack_text;
  if (strcmp(file_name, "jg_lapack.h") == 0) return lapack_text;
  if (strcmp(file_name, "jg_linalg.h") == 0) return linalg_text;
  return 0;
}
