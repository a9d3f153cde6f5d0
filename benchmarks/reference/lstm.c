/* Value and gradient of programs/lstm.jg for d = 14, by hand: one sweep forward that keeps what the
 * way back needs, one backward that adds up the gradients where they lie. */
#include "reference.h"

enum { D = 14, LAYERS = 2 };

/* What a step of one layer keeps. */
typedef struct {
  double x[D], h[D], c[D], forget[D], ingate[D], outgate[D], change[D], tanh_state[D];
} layer_t;

typedef struct {
  layer_t layer[LAYERS];
  double hidden[D], soft[D], weight;
} step_t;

static double sigmoid(double x) { return 1 / (1 + exp(-x)); }

static void cell(const double *w, const double *b, const double *x, double *h, double *c,
                 layer_t *s) {
  for (int k = 0; k < D; k++) {
    const double forget = sigmoid(x[k] * w[k] + b[k]);
    const double ingate = sigmoid(x[k] * w[D + k] + b[D + k]);
    const double outgate = sigmoid(h[k] * w[2 * D + k] + b[2 * D + k]);
    const double change = tanh(h[k] * w[3 * D + k] + b[3 * D + k]);
    const double state = c[k] * forget + ingate * change;
    const double t = tanh(state);
    s->x[k] = x[k];
    s->h[k] = h[k];
    s->c[k] = c[k];
    s->forget[k] = forget;
    s->ingate[k] = ingate;
    s->outgate[k] = outgate;
    s->change[k] = change;
    s->tanh_state[k] = t;
    c[k] = state;
    h[k] = outgate * t;
  }
}

/* dh and dc are cotangents of what the step gave, and become those of what it got. */
static void cell_back(const double *w, const layer_t *s, double *dx, double *dh, double *dc,
                      double *dw, double *db) {
  for (int k = 0; k < D; k++) {
    const double t = s->tanh_state[k], forget = s->forget[k], ingate = s->ingate[k];
    const double outgate = s->outgate[k], change = s->change[k];
    const double dstate = dc[k] + dh[k] * outgate * (1 - t * t);
    const double g0 = dstate * s->c[k] * forget * (1 - forget);
    const double g1 = dstate * change * ingate * (1 - ingate);
    const double g2 = dh[k] * t * outgate * (1 - outgate);
    const double g3 = dstate * ingate * (1 - change * change);
    dw[k] += g0 * s->x[k];
    dw[D + k] += g1 * s->x[k];
    dw[2 * D + k] += g2 * s->h[k];
    dw[3 * D + k] += g3 * s->h[k];
    db[k] += g0;
    db[D + k] += g1;
    db[2 * D + k] += g2;
    db[3 * D + k] += g3;
    dx[k] = g0 * w[k] + g1 * w[D + k];
    dh[k] = g2 * w[2 * D + k] + g3 * w[3 * D + k];
    dc[k] = dstate * forget;
  }
}

/* in: w1 b1 w2 b2 win wout bout h1 c1 h2 c2 text; out: loss, then a gradient for each. */
void run(const double *const *in, double *const *out, int64_t n) {
  const double *w[2] = {in[0], in[2]}, *b[2] = {in[1], in[3]};
  const double *win = in[4], *wout = in[5], *bout = in[6], *text = in[11];
  double h[2][D], c[2][D], total = 0;
  step_t *steps = malloc((size_t)n * sizeof *steps);
  for (int l = 0; l < 2; l++) {
    memcpy(h[l], in[7 + 2 * l], sizeof h[l]);
    memcpy(c[l], in[8 + 2 * l], sizeof c[l]);
  }
  for (int64_t t = 0; t + 1 < n; t++) {
    step_t *s = &steps[t];
    const double *x = text + D * t, *gold = x + D;
    double scaled[D], sum = 0, weight = 0, inner = 0;
    for (int k = 0; k < D; k++) scaled[k] = x[k] * win[k];
    cell(w[0], b[0], scaled, h[0], c[0], &s->layer[0]);
    cell(w[1], b[1], h[0], h[1], c[1], &s->layer[1]);
    for (int k = 0; k < D; k++) {
      const double guess = h[1][k] * wout[k] + bout[k], e = exp(guess);
      s->hidden[k] = h[1][k];
      s->soft[k] = e;
      sum += e;
      weight += gold[k];
      inner += gold[k] * guess;
    }
    for (int k = 0; k < D; k++) s->soft[k] /= 2 + sum;
    s->weight = weight;
    total += inner - weight * log(2 + sum);
  }
  const double scale = -1 / ((double)D * (double)(n - 1));
  *out[0] = total * scale;

  static const int64_t rows[11] = {4, 4, 4, 4, 1, 1, 1, 1, 1, 1, 1};
  for (int k = 0; k < 11; k++) memset(out[1 + k], 0, (size_t)rows[k] * D * sizeof(double));
  double *dwin = out[5], *dwout = out[6], *dbout = out[7], *dtext = out[12];
  double *dh[2] = {out[8], out[10]}, *dc[2] = {out[9], out[11]};
  memset(dtext, 0, (size_t)n * D * sizeof(double));
  for (int64_t t = n - 2; t >= 0; t--) {
    const step_t *s = &steps[t];
    const double *x = text + D * t, *gold = x + D;
    double *dx = dtext + D * t, *dgold = dx + D, between[D], scaled[D];
    double norm = 0; /* log(2 + sum) again, from one element: guess - log(soft) */
    norm = s->hidden[0] * wout[0] + bout[0] - log(s->soft[0]);
    for (int k = 0; k < D; k++) {
      const double guess = s->hidden[k] * wout[k] + bout[k];
      const double dguess = scale * (gold[k] - s->weight * s->soft[k]);
      dgold[k] += scale * (guess - norm);
      dwout[k] += dguess * s->hidden[k];
      dbout[k] += dguess;
      dh[1][k] += dguess * wout[k];
    }
    cell_back(w[1], &s->layer[1], between, dh[1], dc[1], out[3], out[4]);
    for (int k = 0; k < D; k++) dh[0][k] += between[k];
    cell_back(w[0], &s->layer[0], scaled, dh[0], dc[0], out[1], out[2]);
    for (int k = 0; k < D; k++) {
      dwin[k] += scaled[k] * x[k];
      dx[k] += scaled[k] * win[k];
    }
  }
  free(steps);
}
