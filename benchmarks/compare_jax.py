"""The programs of `benchmarks loops` in JAX, on the CPU, in f64: what the first call takes (it
compiles) and what a call takes then. Prints a line and does nothing where jax is not installed.

    python3 benchmarks/compare_jax.py
"""
import sys
import time

try:
    import jax
    import jax.numpy as jnp
    from jax import lax
except ImportError:
    print("jax is not installed here")
    sys.exit(0)

jax.config.update("jax_enable_x64", True)


def ring(x, v, c, k):
    """60 scalars, not an array, as in ring.c."""
    n = len(x)

    def step(state, _):
        x, v = state
        v = [
            v[i] + 0.01 * (c * (x[i - 1] + x[(i + 1) % n] - 2 * x[i]) - k * x[i] - x[i] * x[i] * x[i])
            for i in range(n)
        ]
        return ([x[i] + 0.01 * v[i] for i in range(n)], v), None

    (x, v), _ = lax.scan(step, (x, v), None, length=614)
    return sum(a * a for a in x) + sum(b * b for b in v)


def cell(w, b, x, h, c):
    forget = jax.nn.sigmoid(x * w[0] + b[0])
    ingate = jax.nn.sigmoid(x * w[1] + b[1])
    outgate = jax.nn.sigmoid(h * w[2] + b[2])
    change = jnp.tanh(h * w[3] + b[3])
    state = c * forget + ingate * change
    return outgate * jnp.tanh(state), state


def lstm(w1, b1, w2, b2, win, wout, bout, h1, c1, h2, c2, text):
    def step(carry, rows):
        u1, s1, u2, s2, total = carry
        x, gold = rows
        n1, t1 = cell(w1, b1, x * win, u1, s1)
        n2, t2 = cell(w2, b2, n1, u2, s2)
        guess = n2 * wout + bout
        norm = jnp.log(2 + jnp.sum(jnp.exp(guess)))
        return (n1, t1, n2, t2, total + jnp.sum(gold * (guess - norm))), None

    start = (h1, c1, h2, c2, jnp.zeros(()))
    (_, _, _, _, total), _ = lax.scan(step, start, (text[:-1], text[1:]))
    return -total / (text.shape[1] * (text.shape[0] - 1))


def pendulum(q, p, g, friction):
    h = 0.01

    def step(state, _):
        q, p = state
        half = p - h / 2 * (g * jnp.sin(q) + friction * p)
        q = q + h * half
        return (q, half - h / 2 * (g * jnp.sin(q) + friction * half)), None

    (q, p), _ = lax.scan(step, (q, p), None, length=1000)
    return (q - 1) ** 2 + p**2


def pull(q, m):
    apart = q[None] - q[:, None]
    square = jnp.sum(apart**2, axis=2) + 0.01
    return jnp.sum((m / (square * jnp.sqrt(square)))[:, :, None] * apart, axis=1)


def bodies(q, v, m):
    h = 0.001

    def step(state, _):
        q, v, a = state
        half = v + h / 2 * a
        q = q + h * half
        a = pull(q, m)
        return (q, half + h / 2 * a, a), None

    (q, v, _), _ = lax.scan(step, (q, v, pull(q, m)), None, length=1000)
    return jnp.sum(q**2) + jnp.sum(v**2)


def measure(name, function, *inputs):
    gradient = jax.jit(jax.value_and_grad(function, argnums=tuple(range(len(inputs)))))
    start = time.perf_counter()
    jax.block_until_ready(gradient(*inputs))
    first = time.perf_counter() - start
    best = first
    for _ in range(30):
        start = time.perf_counter()
        jax.block_until_ready(gradient(*inputs))
        best = min(best, time.perf_counter() - start)
    print(f"  {name}: first call {first * 1e3:.0f} ms, then {best * 1e3:.3g} ms")


def main():
    keys = iter(jax.random.split(jax.random.key(0), 200))

    def random(*shape):
        return jax.random.uniform(next(keys), shape, jnp.float64, -1, 1)

    print(f"jax {jax.__version__} on the CPU, value and gradient")
    measure("ring", ring, [random() for _ in range(30)], [random() for _ in range(30)], 2.0, 0.5)
    weights = [random(4, 14) for _ in range(4)] + [random(14) for _ in range(7)]
    text = (random(1024, 14) > 0).astype(jnp.float64)
    measure("lstm", lstm, *weights, text)
    measure("pendulum", pendulum, 1.2, 0.1, 9.81, 0.05)
    measure("bodies", bodies, random(5, 3), 0.3 * random(5, 3), jnp.array([1, 0.5, 0.25, 0.3, 0.2]))
    print("  kepler: reverse derivatives of a while_loop are not there in JAX")


main()
