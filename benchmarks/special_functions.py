#!/usr/bin/env python3
"""Independent values of the special functions, and how far ours are from them.

    pip install mpmath
    python3 special_functions.py vectors > ../Tests/JITTests/SpecialVectors.txt
    python3 special_functions.py fits          # the polynomials of runtime/portable/jg_error.h

`vectors` prints, for each function and range, points with values of mpmath at 40 digits, rounded once;
Tests/JITTests/SpecialVectorTests.swift measures ours against them in ulps and asserts the worst error.
Points are drawn with a fixed seed, so the file is the same each time.
"""
import math
import random
import sys

from mpmath import mp, mpf
import mpmath as m

mp.dps = 40


def uniform(low, high):
    return lambda: random.uniform(low, high)


def powers(low, high):
    return lambda: 10 ** random.uniform(low, high)


def sides(low, high):
    return lambda: random.choice((-1, 1)) * random.uniform(low, high)


def order(*choices):
    return lambda: float(random.choice(choices))


def erfcx(x):
    return m.exp(x * x) * m.erfc(x)


def erfcx_integral(n, x):
    """By parabolic cylinder functions (DLMF 7.18.11, scaled)."""
    scale = m.mpf(2) ** ((n - 1) / m.mpf(2)) * m.sqrt(m.pi)
    return m.exp(x * x / 2) / scale * m.pcfd(-n - 1, x * m.sqrt(2))


def ndtr(x):
    return m.erfc(-x / m.sqrt(2)) / 2


def log_ndtr(x):
    return m.log(ndtr(x)) if x < 0 else m.log1p(-ndtr(-x))


def ndtri(p):
    """The root of log_ndtr, from the normal approximation of its tail."""
    if p > 0.5:
        return -ndtri(1 - p)
    if p == 0.5:
        return mpf(0)
    x = -m.sqrt(-2 * m.log(p)) if p < 0.1 else mpf(-0.5)
    for _ in range(60):
        step = (log_ndtr(x) - m.log(p)) * ndtr(x) * m.sqrt(2 * m.pi) * m.exp(x * x / 2)
        x -= step
        if abs(step) < abs(x) * mpf(10) ** -36:
            break
    return x


def sinc_derivative(n, x):
    n, z = int(n), m.pi * x
    if n == 0:
        return m.sinpi(x) / z
    pieces = m.linspace(0, 1, int(abs(z) / 6) + 2)
    return m.pi**n * m.quad(lambda t: t**n * m.cos(z * t + n * m.pi / 2), pieces)


def logit(x):
    return m.log(x / (1 - x))


def gammainc(a, x):
    return m.gammainc(a, 0, x, regularized=True)


def gammaincc(a, x):
    return m.gammainc(a, x, m.inf, regularized=True)


def gamma_density(a, x):
    return x ** (a - 1) * m.exp(-x) / m.gamma(a)


def betainc(a, b, x):
    return m.betainc(a, b, 0, x, regularized=True)


def beta_density(a, b, x):
    return x ** (a - 1) * (1 - x) ** (b - 1) / m.beta(a, b)


def spread(low, high, width):
    """a, and x within some standard deviations of it."""

    def draw():
        a = 10 ** random.uniform(low, high)
        return a, a * math.exp(random.uniform(-width, width) / math.sqrt(1 + a))

    return draw


LOW = order(0, 1, 2, 3)
# Function, its value, and for each range how its operands are drawn.
TABLE = [
    ("erfcx", erfcx, [uniform(0, 5), uniform(5, 50), uniform(-26, 0), sides(0, 1)]),
    ("erfcx_integral", erfcx_integral,
     [(LOW, uniform(-5, 0)), (LOW, uniform(0, 0.5)), (LOW, uniform(0.5, 3)), (LOW, uniform(3, 30)),
      (order(5, 10, 20), uniform(0.5, 10))]),
    ("erfinv", m.erfinv, [uniform(-0.5, 0.5), sides(0.5, 1), powers(-300, -1),
                          lambda: 1 - 10 ** random.uniform(-15, -1)]),
    ("ndtr", ndtr, [uniform(-37, -1), uniform(-1, 9)]),
    ("log_ndtr", log_ndtr, [uniform(-1000, -30), uniform(-30, -1), uniform(-1, 1), uniform(1, 30)]),
    ("ndtri", ndtri, [uniform(0.25, 0.75), uniform(0, 0.25), powers(-307, -1), uniform(0.75, 1)]),
    ("bessel_i", m.besseli, [(LOW, sides(0, 25)), (LOW, uniform(25, 700))]),
    ("bessel_ie", lambda n, x: m.besseli(n, x) * m.exp(-abs(x)),
     [(LOW, sides(0, 25)), (LOW, uniform(25, 100)), (LOW, powers(2, 4)),
      (order(5, 10), uniform(0, 200)), (LOW, powers(-20, -1))]),
    ("sinc_derivative", sinc_derivative,
     [(order(0), sides(0, 20)), (order(1, 2, 3), sides(0, 0.3)), (order(1, 2, 3), powers(-12, -1))]),
    ("logit", logit, [uniform(0, 1), uniform(0.4, 0.6), powers(-300, -1)]),
    ("gammainc", gammainc, [spread(-2, 0, 3), spread(0, 1, 3), spread(1, 3, 3), spread(3, 4.3, 3)]),
    ("gammaincc", gammaincc,
     [spread(-6, -1, 2), spread(-1, 0, 2), spread(0, 1, 3), spread(1, 3, 3), spread(3, 4.3, 3)]),
    ("gamma_density", gamma_density, [spread(-1, 1, 3), spread(1, 3, 3), spread(3, 4.3, 3)]),
    ("betainc", betainc,
     [(uniform(0.5, 5), uniform(0.5, 5), uniform(0.01, 0.4)),
      (uniform(20, 100), uniform(20, 100), uniform(0.3, 0.5))]),
    ("beta_density", beta_density,
     [(uniform(0.5, 5), uniform(0.5, 5), uniform(0.01, 0.99)),
      (uniform(20, 100), uniform(20, 100), uniform(0.3, 0.7))]),
]


def points(draw):
    """Operands as doubles."""
    drawn = tuple(d() for d in draw) if isinstance(draw, tuple) else draw()
    return drawn if isinstance(drawn, tuple) else (drawn,)


def vectors(count=12):
    random.seed(1)
    for name, value, ranges in TABLE:
        for number, draw in enumerate(ranges):
            for _ in range(count):
                x = points(draw)
                y = float(value(*[mpf(v) for v in x]))
                print(name, number, *[v.hex() for v in x], y.hex())


def chebyshev(f, degree, samples):
    """Coefficients of t^degree … 1 of the truncated Chebyshev series of f on −1 … 1."""
    nodes = [m.cos(m.pi * (k + mpf(1) / 2) / samples) for k in range(samples)]
    values = [f(t) for t in nodes]
    series = [
        2 / mpf(samples) * sum(v * m.cos(j * m.acos(t)) for t, v in zip(nodes, values))
        for j in range(degree + 1)
    ]
    series[0] /= 2
    before, current = [mpf(1)], [mpf(0), mpf(1)]
    sums = [mpf(0)] * (degree + 1)
    for j, c in enumerate(series):
        if j == 0:
            polynomial = before
        elif j == 1:
            polynomial = current
        else:
            longer = [mpf(0)] + [2 * v for v in current]
            polynomial = [
                v - (before[k] if k < len(before) else 0) for k, v in enumerate(longer)
            ]
            before, current = current, polynomial
        for k, v in enumerate(polynomial):
            sums[k] += c * v
    return sums


def fits():
    def scaled(t):
        x = 4 * (1 + t) / (1 - t)
        if x > 1000:
            series = sum((-1) ** k * m.fac2(2 * k - 1) / (2 * x * x) ** k for k in range(8))
            return (1 + 2 * x) * series / (x * m.sqrt(m.pi))
        return (1 + 2 * x) * erfcx(x)

    print("erfcx:", [float(c) for c in reversed(chebyshev(scaled, 26, 61))])

    def centre(t):
        y = m.sqrt((t + 1) / 8)
        return m.erfinv(y) / y

    # From powers of t = 8 y² − 1 to powers of y².
    powers_of_square = [mpf(0)]
    for c in reversed(chebyshev(centre, 14, 41)):
        shifted = [mpf(0)] + [8 * v for v in powers_of_square]
        for k, v in enumerate(powers_of_square):
            shifted[k] -= v
        shifted[0] += c
        powers_of_square = shifted[:15]
    print("erfinv:", [float(c) for c in reversed(powers_of_square)])


if __name__ == "__main__":
    {"vectors": vectors, "fits": fits}[sys.argv[1]]()
