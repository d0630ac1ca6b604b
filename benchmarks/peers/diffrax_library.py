"""diffrax: Euler, all paths in one state, and one path under vmap."""

from __future__ import annotations

import diffrax
import jax
import jax.numpy as jnp
import lineax
import numpy as np
import work
from work import Row

jax.config.update("jax_enable_x64", True)


def contenders(row: Row) -> dict:
    if row.key not in ("A", "B", "G"):
        return {}
    return {"diffrax, batched": (batched(row), 1.0), "diffrax, vmap": (mapped(row), 1.0)}


def solution(row: Row, terms, start):
    end = row.steps * work.DT
    save = diffrax.SaveAt(ts=jnp.linspace(0, end, 101)) if row.key == "G" else diffrax.SaveAt(t1=True)
    return diffrax.diffeqsolve(
        terms,
        diffrax.Euler(),
        0.0,
        end,
        work.DT,
        start,
        saveat=save,
        adjoint=diffrax.DirectAdjoint(),
        max_steps=row.steps + 2,
    ).ys


def batched(row: Row):
    if row.key == "B":
        shape, start = (row.chains, 10), jnp.ones((row.chains, 10))
        h, root = jnp.asarray(work.H), jnp.asarray(work.G)

        def field(t, phi, args):
            return -phi @ h

        # G dW for every path at once, as a linear operator from the increments of all paths.
        def noise(t, phi, args):
            return lineax.FunctionLinearOperator(lambda dW: dW @ root.T, jax.ShapeDtypeStruct(shape, jnp.float64))

    else:
        shape, start = (row.chains,), jnp.zeros(row.chains)

        def field(t, phi, args):
            return work.drift(phi)

        def noise(t, phi, args):
            return lineax.DiagonalLinearOperator(jnp.sqrt(work.noise_variance(phi)))

    @jax.jit
    def run(key):
        path = diffrax.UnsafeBrownianPath(shape=shape, key=key)
        return solution(row, diffrax.MultiTerm(diffrax.ODETerm(field), diffrax.ControlTerm(noise, path)), start)

    def states():
        kept = run(jax.random.key(6))
        return work.records(kept[1:]) if row.key == "G" else np.asarray(kept[-1])

    return states


def mapped(row: Row):
    start = jnp.ones(10) if row.key == "B" else jnp.zeros(())
    h, root = jnp.asarray(work.H), jnp.asarray(work.G)

    def field(t, phi, args):
        return -phi @ h if row.key == "B" else work.drift(phi)

    def noise(t, phi, args):
        return root if row.key == "B" else jnp.sqrt(work.noise_variance(phi))

    @jax.jit
    def run(key):
        def one(key):
            path = diffrax.UnsafeBrownianPath(shape=start.shape, key=key)
            return solution(row, diffrax.MultiTerm(diffrax.ODETerm(field), diffrax.ControlTerm(noise, path)), start)

        return jax.vmap(one)(jax.random.split(key, row.chains))

    def states():
        kept = np.asarray(run(jax.random.key(6)))  # (m, times, ...)
        return kept[:, 1:] if row.key == "G" else kept[:, -1]

    return states
