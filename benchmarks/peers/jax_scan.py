"""JAX: a jitted scan over steps, written by hand, in float64."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import work
from work import Row

from peers.numpy_plain import transition

jax.config.update("jax_enable_x64", True)


def contenders(row: Row) -> dict:
    make = {"A": paths, "G": paths, "B": linear, "I": linear, "F": grid}.get(row.key[0], chains)
    return {"JAX, scan": (make(row), 1.0)}


def scanned(step, start, row: Row, records: int = 1):
    """A function that runs `step` (state, key) -> state and returns the `records` states kept, (records, ...) for each leaf."""

    @jax.jit
    def run(key):
        def block(state, keys):
            state, _ = jax.lax.scan(lambda s, k: (step(s, k), None), state, keys)
            return state, state

        keys = jax.random.split(key, row.steps).reshape(records, row.steps // records)
        _, kept = jax.lax.scan(block, start, keys)
        return kept

    return lambda: [np.asarray(leaf) for leaf in jax.tree.leaves(run(jax.random.key(3)))]


def paths(row: Row):
    def step(phi, key):
        dW = jnp.sqrt(work.DT) * jax.random.normal(key, (row.chains,))
        return phi + work.drift(phi) * work.DT + jnp.sqrt(work.noise_variance(phi)) * dW

    return states(scanned(step, jnp.zeros(row.chains), row, 100 if row.key == "G" else 1))


def linear(row: Row):
    decay, root = map(jnp.asarray, transition(row.key))

    def step(phi, key):
        return phi @ decay.T + jax.random.normal(key, phi.shape) @ root.T

    return states(scanned(step, jnp.ones((row.chains, 10)), row, 20 if row.key == "I" else 1))


def grid(row: Row):
    """All settings on common draws with nested batches, as the package's: states of shape (m, etas, sizes)."""
    h, hx = jnp.asarray(work.CURVATURES), jnp.asarray(work.CURVATURES * work.POINTS)
    etas, sizes = jnp.asarray(work.ETA["F"])[:, None], np.array(work.SIZES_OF_SWEEP)

    def step(phi, key):
        index = jax.random.randint(key, (row.chains, sizes[-1]), 0, len(h))
        mean_h, mean_hx = (table[index].cumsum(axis=1)[:, None, sizes - 1] / sizes for table in (h, hx))
        return phi - etas * (mean_h * phi - mean_hx)

    return states(scanned(step, jnp.zeros((row.chains, len(etas), len(sizes))), row))


def states(run):
    """The final states of `run`, or all that are kept."""

    def first_leaf():
        kept = run()[0]
        return work.records(kept) if len(kept) > 1 else kept[0]

    return first_leaf


def chains(row: Row):
    key = "D" if row.key == "H" else row.key[0]
    eta = work.ETA[key]
    if key == "C":
        h, hx = jnp.asarray(work.CURVATURES), jnp.asarray(work.CURVATURES * work.POINTS)
        n, start = 100, jnp.zeros(row.chains)

        def gradient(phi, index):
            return h[index].mean(axis=1) * phi - hx[index].mean(axis=1)

    else:
        x, y = (work.DIGITS, work.ABOVE_FOUR) if key == "E" else (work.FEATURES, work.TARGETS)
        x, y = jnp.asarray(x), jnp.asarray(y)
        n, start = len(x), jnp.zeros((row.chains, x.shape[1]))
        link = jax.nn.sigmoid if key == "E" else lambda z: z

        def gradient(phi, index):
            rows = x[index]
            residual = link(jnp.einsum("mbd,md->mb", rows, phi)) - y[index]
            return jnp.einsum("mb,mbd->md", residual, rows) / row.batch

    def step(phi, key):
        index = jax.random.randint(key, (row.chains, row.batch), 0, n)
        return phi - eta * gradient(phi, index)

    if row.key != "H":
        return states(scanned(step, start, row))

    def step_and_sums(state, key):
        phi, total, products = state
        phi = step(phi, key)
        return phi, total + phi, products + phi[:, :, None] * phi[:, None, :]

    zeros = jnp.zeros((row.chains, 10)), jnp.zeros((row.chains, 10, 10))
    run = scanned(step_and_sums, (start, *zeros), row)

    def moments():
        final, total, products = (leaf[0] for leaf in run())
        return work.with_moments(final, total / row.steps, products / row.steps)

    return moments
