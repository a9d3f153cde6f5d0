/* Value and gradient of programs/bodies.jg, by hand, for up to 16 bodies. */
#include "reference.h"

enum { STEPS = 1000, MOST = 16 };

static void pull(const double *q, const double *m, double *a, int n) {
  for (int i = 0; i < n; i++) {
    double x = 0, y = 0, z = 0;
    for (int j = 0; j < n; j++) {
      const double dx = q[3 * j] - q[3 * i], dy = q[3 * j + 1] - q[3 * i + 1];
      const double dz = q[3 * j + 2] - q[3 * i + 2];
      const double square = dx * dx + dy * dy + dz * dz + 0.01;
      const double weight = m[j] / (square * sqrt(square));
      x += weight * dx;
      y += weight * dy;
      z += weight * dz;
    }
    a[3 * i] = x;
    a[3 * i + 1] = y;
    a[3 * i + 2] = z;
  }
}

/* Adds what cotangents da of the forces mean for q and m. */
static void pull_back(const double *q, const double *m, const double *da, double *dq, double *dm,
                      int n) {
  for (int i = 0; i < n; i++) {
    const double ax = da[3 * i], ay = da[3 * i + 1], az = da[3 * i + 2];
    double sx = 0, sy = 0, sz = 0;
    for (int j = 0; j < n; j++) {
      const double dx = q[3 * j] - q[3 * i], dy = q[3 * j + 1] - q[3 * i + 1];
      const double dz = q[3 * j + 2] - q[3 * i + 2];
      const double square = dx * dx + dy * dy + dz * dz + 0.01;
      const double cube = 1 / (square * sqrt(square)), weight = m[j] * cube;
      const double dweight = ax * dx + ay * dy + az * dz;
      const double dsquare = -3 * dweight * weight / square; /* twice the derivative */
      const double x = ax * weight + dsquare * dx, y = ay * weight + dsquare * dy;
      const double z = az * weight + dsquare * dz;
      dm[j] += dweight * cube;
      dq[3 * j] += x;
      dq[3 * j + 1] += y;
      dq[3 * j + 2] += z;
      sx += x;
      sy += y;
      sz += z;
    }
    dq[3 * i] -= sx;
    dq[3 * i + 1] -= sy;
    dq[3 * i + 2] -= sz;
  }
}

/* in: q0[n, 3] v0[n, 3] m[n]; out: far, then a gradient for each. */
void run(const double *const *in, double *const *out, int64_t bodies) {
  static double path[STEPS + 1][3 * MOST];
  const double h = 0.001, *m = in[2];
  const int n = (int)bodies, count = 3 * n;
  double v[3 * MOST], a[3 * MOST], da[3 * MOST], *dq = out[1], *dv = out[2], *dm = out[3];
  if (n > MOST) return;
  memcpy(path[0], in[0], (size_t)count * sizeof(double));
  memcpy(v, in[1], (size_t)count * sizeof(double));
  pull(path[0], m, a, n);
  for (int t = 0; t < STEPS; t++) {
    const double *q = path[t];
    double *next = path[t + 1];
    for (int k = 0; k < count; k++) {
      v[k] += h / 2 * a[k];
      next[k] = q[k] + h * v[k];
    }
    pull(next, m, a, n);
    for (int k = 0; k < count; k++) v[k] += h / 2 * a[k];
  }
  double far = 0;
  for (int k = 0; k < count; k++) {
    far += path[STEPS][k] * path[STEPS][k] + v[k] * v[k];
    dq[k] = 2 * path[STEPS][k];
    dv[k] = 2 * v[k];
    da[k] = 0;
  }
  *out[0] = far;
  for (int k = 0; k < n; k++) dm[k] = 0;
  for (int t = STEPS - 1; t >= 0; t--) {
    for (int k = 0; k < count; k++) da[k] += h / 2 * dv[k];
    pull_back(path[t + 1], m, da, dq, dm, n);
    for (int k = 0; k < count; k++) {
      dv[k] += h * dq[k];
      da[k] = h / 2 * dv[k];
    }
  }
  pull_back(path[0], m, da, dq, dm, n);
}
