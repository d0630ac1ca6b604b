#!/usr/bin/env python3
"""Make the ensembles of chapter 19: many chains of a small network under SGD and what is compared with it.

    python benchmarks/network_ensembles.py OUT.npz [--chains 512] [--time 4000] [--burn 1500] [--only NAME,...] [--jax]

Without --jax the steps are NumPy's, in double precision: a few chains and a short time in seconds. With it they are JAX's, on
a GPU where there is one: 512 chains of all 54 arms in some minutes. Both run the same lines; only the draws differ.

Every arm starts from independent random weights and runs to t = TIME, t the sum of the learning rates. What is kept of each
chain, and its name in the file, is said in `sgdsde_helpers.ensembles`.
"""

import argparse
import json
from functools import partial

import numpy as np

from sgdsde_helpers.ensembles import DECAY, PER_CHAIN
from sgdsde_helpers.problems import digits

HIDDEN, ETA_0 = 32, 0.025  # the linear rule's eta / B
CURVE, SNAPSHOTS = 60, 50  # places on the curve of the training loss, and in the averages


class Numpy:
    """What a step needs of an array library, by NumPy."""

    xp = np

    def __init__(self, seed: int):
        self.rng = np.random.default_rng(seed)

    def normal(self, *shape):
        return self.rng.standard_normal(shape)

    def integers(self, n, *shape):
        return self.rng.integers(0, n, shape)

    def orders(self, m, n):
        return self.rng.permuted(np.tile(np.arange(n), (m, 1)), axis=1)

    def repeat(self, step, carry, times):
        """`carry` after so many steps ``carry = step(library, carry, number)``."""
        for i in range(times):
            carry = step(self, carry, i)
        return carry


class Jax:
    """The same by JAX. A loop of steps is compiled, and each step draws from a key of its own."""

    def __init__(self, seed=None, key=None):
        import jax

        jax.config.update("jax_default_matmul_precision", "highest")
        self.jax, self.xp, self.key, self.loops = jax, jax.numpy, jax.random.key(seed) if key is None else key, {}

    def _next(self):
        self.key, key = self.jax.random.split(self.key)
        return key

    def normal(self, *shape):
        return self.jax.random.normal(self._next(), shape)

    def integers(self, n, *shape):
        return self.jax.random.randint(self._next(), shape, 0, n)

    def orders(self, m, n):
        return self.jax.random.uniform(self._next(), (m, n)).argsort(axis=1)

    def repeat(self, step, carry, times):
        """As in `Numpy`; the loop is compiled at its first use."""
        if step not in self.loops:

            def loop(carry, key, times):
                def body(i, carry):
                    return step(Jax(key=self.jax.random.fold_in(key, i)), carry, i)

                return self.jax.lax.fori_loop(0, times, body, carry)

            self.loops[step] = self.jax.jit(loop)
        return self.loops[step](carry, self._next(), times)


def forward(xp, phi, x):
    """Hidden units and log probabilities; `x` (n, 64) for all chains, or (m, B, 64)."""
    w1, b1, w2, b2 = phi
    a = xp.tanh(x @ w1 + b1[:, None])
    s = a @ w2 + b2[:, None]
    s = s - s.max(axis=-1, keepdims=True)
    return a, s - xp.log(xp.exp(s).sum(axis=-1, keepdims=True))


def gradient(xp, phi, x, y, weights):
    """Sum over examples of `weights` times the gradient of the cross-entropy, plus the decay."""
    a, log_p = forward(xp, phi, x)
    ds = (xp.exp(log_p) - y) * weights[..., None]
    da = (ds @ phi[2].swapaxes(1, 2)) * (1 - a * a)
    parts = (xp.swapaxes(x, -1, -2) @ da, da.sum(axis=1), a.swapaxes(1, 2) @ ds, ds.sum(axis=1))
    return tuple(part + DECAY * p for part, p in zip(parts, phi))


def dot(u, v):
    return sum((p * q).reshape(len(p), -1).sum(axis=1) for p, q in zip(u, v))


def observe(xp, phi, train, test):
    """The observables of each chain, in the order of OBSERVED."""
    (x, y), (xt, yt) = train, test
    a, log_p = forward(xp, phi, x)
    _, log_t = forward(xp, phi, xt)
    ds = xp.exp(log_p) - y
    da = (ds @ phi[2].swapaxes(1, 2)) * (1 - a * a)
    each = (da**2).sum(-1) * ((x**2).sum(-1) + 1) + (ds**2).sum(-1) * ((a**2).sum(-1) + 1)
    g = gradient(xp, phi, x, y, xp.full((len(phi[1]), len(x)), 1 / len(x)))
    bare = tuple(u - DECAY * p for u, p in zip(g, phi))
    right = (log_t.argmax(-1) == yt.argmax(-1)).mean(1)
    losses = -(log_p * y).sum(-1).mean(1), -(log_t * yt).sum(-1).mean(1)
    return xp.stack([*losses, right, dot(phi, phi), dot(g, g), each.mean(1) - dot(bare, bare)])


OBSERVED = ("train", "test", "accuracy", "norm2", "grad2", "noise")


def noisy_gradient(lib, kind, batch_size, l, data, phi, index=None):
    """The stochastic gradient of one step: a batch, two weighted batches (SVAG), or Gaussian weights on all examples."""
    (x, y), m, n, xp = data, len(phi[1]), len(data[0]), lib.xp
    if kind == "gauss":  # weights whose sum of gradients has the covariance l Sigma / B
        z = lib.normal(m, n)
        return gradient(xp, phi, x, y, 1 / n + np.sqrt(l / (n * batch_size)) * (z - z.mean(axis=1, keepdims=True)))
    even = xp.full((m, batch_size), 1 / batch_size)
    first = lib.integers(n, m, batch_size) if index is None else index
    g = gradient(xp, phi, x[first], y[first], even)
    if kind == "svag":
        second, s = lib.integers(n, m, batch_size), np.sqrt(2 * l - 1)
        h = gradient(xp, phi, x[second], y[second], even)
        g = tuple(((1 + s) * u + (1 - s) * v) / 2 for u, v in zip(g, h))
    return g


def update(xp, kind, eta, l, mu, adam, state, g):
    """The state (phi, v, w, i) after a step with the gradient g."""
    phi, v, w, i = state
    if kind == "momentum":
        v = tuple(mu * p - eta * q for p, q in zip(v, g))
        return tuple(p + q for p, q in zip(phi, v)), v, w, i + 1
    if kind == "adam":
        b1, b2, eps = adam
        i = i + 1
        v = tuple(b1 * p + (1 - b1) * q for p, q in zip(v, g))
        w = tuple(b2 * p + (1 - b2) * q * q for p, q in zip(w, g))
        means = zip(phi, v, w)
        return tuple(p - eta * (q / (1 - b1**i)) / (xp.sqrt(r / (1 - b2**i)) + eps) for p, q, r in means), v, w, i
    return tuple(p - eta / l * q for p, q in zip(phi, g)), v, w, i + 1


def run(lib, setting, chains, time, burn, train, test):
    """The arrays of one arm."""
    kind, eta, b, l, mu = (setting[key] for key in ("kind", "eta", "batch_size", "l", "mu"))
    xp, n = lib.xp, len(train[0])
    per_step = eta / l / (1 - mu)
    total = setting["steps"] or round(time / per_step)
    begin = int(total * burn / time)
    phi = (
        0.15 * lib.normal(chains, 64, HIDDEN),
        xp.zeros((chains, HIDDEN)),
        0.2 * lib.normal(chains, HIDDEN, 10),
        xp.zeros((chains, 10)),
    )
    zero = tuple(0 * p for p in phi)
    curve_at = np.geomspace(max(1, total / 4000), total, CURVE)
    marks = np.unique(np.concatenate([curve_at, np.linspace(begin, total, SNAPSHOTS + 1)]).round().astype(int))
    epoch = n // b if kind == "epoch" else 0
    if epoch:  # whole epochs only
        marks, begin = np.unique(np.maximum(1, np.rint(marks / epoch).astype(int))) * epoch, begin // epoch * epoch

    def step(lib, carry, i):
        state, sums, order = carry
        g = noisy_gradient(lib, kind, b, l, train, state[0], order[:, i] if epoch else None)
        sums = sums + xp.stack([dot(state[0], g), dot(g, g)])
        return update(xp, kind, eta, l, mu, setting["adam"], state, g), sums, order

    look = partial(observe, xp, train=train, test=test)
    carry = (phi, zero, zero, xp.zeros(())), xp.zeros((2, chains)), xp.zeros((chains, 1, 1), int)
    curve, snapshots, times, done, first = [np.asarray(look(phi)[0])], [], [0.0], 0, 0
    for mark in marks:
        while done < mark:
            if epoch:
                carry = *carry[:2], lib.orders(chains, n)[:, : epoch * b].reshape(chains, epoch, b)
            if done >= begin and not first:  # averages begin here
                first, carry = done, (carry[0], 0 * carry[1], carry[2])
            carry = lib.repeat(step, carry, epoch or int(mark - done))
            done += epoch or int(mark - done)
        seen = np.asarray(look(carry[0][0]))
        curve.append(seen[0])
        times.append(done * per_step)
        if done > begin:
            snapshots.append(seen)
    sums = np.asarray(carry[1]) / (done - first)
    averages, curve = np.mean(snapshots, axis=0), np.array(curve)
    values = dict(zip(OBSERVED, averages)) | {"phi_g": sums[0], "ghat2": sums[1]}
    values |= {"final_train": seen[0], "final_test": seen[1]}
    assert set(values) == set(PER_CHAIN)
    spread = curve.std(axis=1, ddof=1)
    return values | {"times": np.array(times), "curve_mean": curve.mean(axis=1), "curve_sd": spread}, {
        **setting,
        "steps": total,
    }


def arms() -> dict[str, dict]:
    """The settings by name. Their order fixes the seeds: append, do not insert."""

    def arm(kind, eta, batch_size, l=1, mu=0.0, steps=None, adam=None):
        return {"kind": kind, "eta": eta, "batch_size": batch_size, "l": l, "mu": mu, "steps": steps, "adam": adam}

    out = {f"sgd B={b}": arm("sgd", ETA_0 * b, b) for b in (1, 2, 4, 8, 16, 32, 64, 128)}
    for b, ls in ((8, (2, 4)), (32, (2, 4, 8, 16)), (64, (2, 4, 8, 16))):
        out |= {f"svag B={b} l={l}": arm("svag", ETA_0 * b, b, l) for l in ls}
    out |= {f"gauss B={b}": arm("gauss", ETA_0 * b, b) for b in (8, 32, 64)}
    out |= {f"sde B={b} l={l}": arm("gauss", ETA_0 * b, b, l) for b, l in ((8, 4), (32, 4), (32, 16))}
    out |= {f"eta=0.2 B={b}": arm("sgd", 0.2, b) for b in (1, 2, 4, 16, 32, 128)}
    out |= {f"epoch B={b}": arm("epoch", ETA_0 * b, b) for b in (8, 32)}
    out |= {f"momentum B={b}": arm("momentum", 0.1 * ETA_0 * b, b, mu=0.9) for b in (8, 32, 64)}
    for rule, power, growths in (
        ("sqrt", 0.5, (0.25, 1, 4, 16)),
        ("linear", 1.0, (0.25, 4, 16)),
        ("none", 0.0, (0.25, 4, 16)),
    ):
        for kappa in growths:
            scaled = (max(1 - 0.0125 * kappa, 0.0), 1 - 0.000625 * kappa, 1e-8 / np.sqrt(kappa))
            adam = scaled if rule == "sqrt" else (1 - 0.0125, 1 - 0.000625, 1e-8)
            setting = arm("adam", 1e-3 * kappa**power, int(8 * kappa), steps=int(24_000 / kappa), adam=adam)
            out[f"adam {rule} B={int(8 * kappa)}"] = setting
    out |= {f"sgd B={b}": arm("sgd", ETA_0 * b, b) for b in (24, 48)}
    out["gauss B=16"] = arm("gauss", ETA_0 * 16, 16)
    out |= {f"momentum B={b}": arm("momentum", 0.1 * ETA_0 * b, b, mu=0.9) for b in (128, 256)}
    return out | {f"B=8 eta={eta}": arm("sgd", eta, 8) for eta in (0.0125, 0.025, 0.05, 0.1)}


def make(path, library, *, chains, time, burn, only=()):
    """Run the arms whose names begin with one of `only` (all, where it is empty) and write them to `path`."""
    data, settings = {}, {}
    train, test = ((X, np.eye(10)[y.astype(int)]) for X, y in digits())
    for number, (name, setting) in enumerate(arms().items()):
        if only and not name.startswith(tuple(only)):
            continue
        lib = library(100 + number)
        pairs = (tuple(lib.xp.asarray(part) for part in pair) for pair in (train, test))
        values, settings[name] = run(lib, setting, chains, time, burn, *pairs)
        data |= {f"{name}/{key}": np.asarray(value, np.float32) for key, value in values.items()}
        print(f"{name:20s} training loss {values['train'].mean():.4f}", flush=True)
    np.savez_compressed(path, meta=json.dumps(settings), **data)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out")
    parser.add_argument("--chains", type=int, default=512)
    parser.add_argument("--time", type=float, default=4000.0)
    parser.add_argument("--burn", type=float, default=1500.0)
    parser.add_argument("--only", default="")
    parser.add_argument("--jax", action="store_true")
    given = parser.parse_args()
    chosen = [name for name in given.only.split(",") if name]
    make(given.out, Jax if given.jax else Numpy, chains=given.chains, time=given.time, burn=given.burn, only=chosen)
