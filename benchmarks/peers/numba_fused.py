"""Numba: one compiled loop over chains and steps, everything fused; normals by Box-Muller on a xoshiro generator."""

from __future__ import annotations

import math

import numba
import numpy as np
import work
from work import Row

from peers.numpy_plain import transition

jit = numba.njit(fastmath=True)


def contenders(row: Row) -> dict:
    key = row.key[0]
    if key == "F":
        return {}
    run = {"A": paths, "G": paths, "B": linear, "I": linear, "C": parabolas}.get(key, regression)(row)
    return {"Numba, fused": (run, 1.0)}


@jit
def seeded(seed):
    state = np.empty(4, np.uint64)
    x = np.uint64(seed)
    for i in range(4):  # splitmix64
        x += np.uint64(0x9E3779B97F4A7C15)
        z = x
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        state[i] = z ^ (z >> np.uint64(31))
    return state


@jit
def bits(s):
    total = s[0] + s[3]
    result = ((total << np.uint64(23)) | (total >> np.uint64(41))) + s[0]
    t = s[1] << np.uint64(17)
    s[2] ^= s[0]
    s[3] ^= s[1]
    s[1] ^= s[2]
    s[0] ^= s[3]
    s[2] ^= t
    s[3] = (s[3] << np.uint64(45)) | (s[3] >> np.uint64(19))
    return result


@jit
def uniform(s):
    return (np.float64(bits(s) >> np.uint64(11)) + 0.5) * (1.0 / 9007199254740992.0)


@jit
def index(s, n):
    return np.int64(((bits(s) >> np.uint64(32)) * np.uint64(n)) >> np.uint64(32))


@jit
def two_normals(s):
    radius, angle = math.sqrt(-2.0 * math.log(uniform(s))), 2.0 * math.pi * uniform(s)
    return radius * math.cos(angle), radius * math.sin(angle)


@jit
def run_paths(m, steps, dt, every, kept):
    s, root = seeded(9), math.sqrt(dt)
    for j in range(0, m, 2):
        a = b = 0.0
        for i in range(steps):
            x, y = two_normals(s)
            a, b = (
                a + a * (1 - a * a) * dt + math.sqrt(0.1 * (1 + a * a)) * root * x,
                b + b * (1 - b * b) * dt + math.sqrt(0.1 * (1 + b * b)) * root * y,
            )
            if (i + 1) % every == 0:
                kept[i // every, j], kept[i // every, j + 1] = a, b


def paths(row: Row):
    every = row.steps // 100 if row.key == "G" else row.steps

    def run():
        kept = np.empty((row.steps // every, row.chains))
        run_paths(row.chains, row.steps, work.DT, every, kept)
        return work.records(kept) if row.key == "G" else kept[-1]

    return run


@jit
def run_linear(m, steps, decay, root, every, kept):
    s, d = seeded(10), len(decay)
    phi, z, new = np.empty(d), np.empty(d), np.empty(d)
    for j in range(m):
        phi[:] = 1.0
        for i in range(steps):
            for k in range(0, d, 2):
                z[k], z[k + 1] = two_normals(s)
            for k in range(d):
                total = 0.0
                for c in range(d):
                    total += decay[k, c] * phi[c] + root[k, c] * z[c]
                new[k] = total
            phi[:] = new
            if (i + 1) % every == 0:
                kept[i // every, j] = phi


def linear(row: Row):
    every = row.steps // 20 if row.key == "I" else row.steps
    decay, root = transition(row.key)

    def run():
        kept = np.empty((row.steps // every, row.chains, 10))
        run_linear(row.chains, row.steps, decay, root, every, kept)
        return work.records(kept) if row.key == "I" else kept[-1]

    return run


@jit
def run_parabolas(m, steps, size, eta, h, hx):
    s, final = seeded(11), np.empty(m)
    for j in range(m):
        phi = 0.0
        for _ in range(steps):
            slope = shift = 0.0
            for _ in range(size):
                k = index(s, len(h))
                slope += h[k]
                shift += hx[k]
            phi -= eta * (slope * phi - shift) / size
        final[j] = phi
    return final


def parabolas(row: Row):
    hx = work.CURVATURES * work.POINTS
    return lambda: run_parabolas(row.chains, row.steps, row.batch, work.ETA["C"], work.CURVATURES, hx)


@jit
def run_regression(m, steps, size, eta, x, y, logistic, moments):
    s, d = seeded(12), x.shape[1]
    final, phi, g = np.empty((m, d)), np.empty(d), np.empty(d)
    total, products = np.empty(d), np.empty((d, d))
    mean, second = np.empty((m if moments else 0, d)), np.empty((m if moments else 0, d, d))
    for j in range(m):
        phi[:] = 0.0
        total[:] = 0.0
        products[:] = 0.0
        for _ in range(steps):
            g[:] = 0.0
            for _ in range(size):
                k = index(s, len(x))
                z = 0.0
                for c in range(d):
                    z += x[k, c] * phi[c]
                r = (1.0 / (1.0 + math.exp(-z)) if logistic else z) - y[k]
                for c in range(d):
                    g[c] += r * x[k, c]
            for c in range(d):
                phi[c] -= eta * g[c] / size
            if moments:
                for a in range(d):
                    total[a] += phi[a]
                    for c in range(d):
                        products[a, c] += phi[a] * phi[c]
        final[j] = phi
        if moments:
            mean[j] = total / steps
            second[j] = products / steps
    return final, mean, second


def regression(row: Row):
    x, y = (work.DIGITS, work.ABOVE_FOUR) if row.key[0] == "E" else (work.FEATURES, work.TARGETS)
    eta = work.ETA["E" if row.key[0] == "E" else "D"]

    def run():
        found = run_regression(row.chains, row.steps, row.batch, eta, x, y, row.key[0] == "E", row.key == "H")
        return work.with_moments(*found) if row.key == "H" else found[0]

    return run
