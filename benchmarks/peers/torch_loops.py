"""PyTorch: a loop over batched tensors; torch.func's per-chain gradients; and the optimiser's loop, one chain at a time."""

from __future__ import annotations

import math

import numpy as np
import torch
import work
from work import Row

from peers.numpy_plain import transition

torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)


def contenders(row: Row) -> dict:
    key = row.key[0]
    if key == "F":
        return {}
    found = {"torch, loop": ({"A": paths, "G": paths, "B": linear, "I": linear}.get(key, chains)(row), 1.0)}
    if key in "DE":
        found["torch.func, vmap of grad"] = func_chains(row), 1.0
        share = 2 / (row.chains * row.steps) * 100  # two chains of a hundred steps
        found["torch.optim.SGD, a chain at a time"] = optimiser(row, 2, 100), share
    return found


def paths(row: Row):
    @torch.inference_mode()
    def run():
        torch.manual_seed(4)
        phi, kept = torch.zeros(row.chains), []
        for i in range(row.steps):
            dW = math.sqrt(work.DT) * torch.randn(row.chains)
            phi = phi + work.drift(phi) * work.DT + torch.sqrt(work.noise_variance(phi)) * dW
            if row.key == "G" and (i + 1) % (row.steps // 100) == 0:
                kept.append(phi)
        return work.records(torch.stack(kept).numpy()) if kept else phi.numpy()

    return run


def linear(row: Row):
    decay, root = (torch.from_numpy(np.ascontiguousarray(part.T)) for part in transition(row.key))

    @torch.inference_mode()
    def run():
        torch.manual_seed(4)
        phi, kept = torch.ones(row.chains, 10), []
        for i in range(row.steps):
            phi = phi @ decay + torch.randn(row.chains, 10) @ root
            if row.key == "I" and (i + 1) % (row.steps // 20) == 0:
                kept.append(phi)
        return work.records(torch.stack(kept).numpy()) if kept else phi.numpy()

    return run


def data(row: Row):
    x, y = (work.DIGITS, work.ABOVE_FOUR) if row.key[0] == "E" else (work.FEATURES, work.TARGETS)
    return torch.from_numpy(x), torch.from_numpy(y)


def chains(row: Row):
    key = "D" if row.key == "H" else row.key[0]
    eta = work.ETA[key]
    if key == "C":
        h, hx = torch.from_numpy(work.CURVATURES), torch.from_numpy(work.CURVATURES * work.POINTS)
        n, start = 100, torch.zeros(row.chains)

        def gradient(phi, index):
            return h[index].mean(1) * phi - hx[index].mean(1)

    else:
        x, y = data(row)
        n, start = len(x), torch.zeros(row.chains, x.shape[1])
        link = torch.sigmoid if key == "E" else lambda z: z

        def gradient(phi, index):
            rows = x[index]
            residual = link(torch.einsum("mbd,md->mb", rows, phi)) - y[index]
            return torch.einsum("mb,mbd->md", residual, rows) / row.batch

    @torch.inference_mode()
    def run():
        torch.manual_seed(4)
        phi, total, products = start, 0.0, 0.0
        for _ in range(row.steps):
            phi = phi - eta * gradient(phi, torch.randint(0, n, (row.chains, row.batch)))
            if row.key == "H":
                total, products = total + phi, products + phi[:, :, None] * phi[:, None, :]
        if row.key == "H":
            return work.with_moments(phi.numpy(), total.numpy() / row.steps, products.numpy() / row.steps)
        return phi.numpy()

    return run


def batch_loss(row: Row):
    if row.key[0] == "E":
        return lambda z, y: torch.nn.functional.binary_cross_entropy_with_logits(z, y)
    return lambda z, y: ((z - y) ** 2).mean() / 2


def func_chains(row: Row):
    x, y = data(row)
    loss, eta = batch_loss(row), work.ETA[row.key[0]]
    gradient = torch.func.vmap(torch.func.grad(lambda phi, rows, labels: loss(rows @ phi, labels)))

    def run():
        torch.manual_seed(4)
        phi = torch.zeros(row.chains, x.shape[1])
        for _ in range(row.steps):
            index = torch.randint(0, len(x), (row.chains, row.batch))
            phi = phi - eta * gradient(phi, x[index], y[index])
        return phi.numpy()

    return run


def optimiser(row: Row, m: int, steps: int):
    """Too few chains, over other steps, for a check."""
    x, y = data(row)
    loss, eta = batch_loss(row), work.ETA[row.key[0]]

    def run():
        torch.manual_seed(4)
        for _ in range(m):
            phi = torch.zeros(x.shape[1], requires_grad=True)
            sgd = torch.optim.SGD([phi], lr=eta)
            for _ in range(steps):
                index = torch.randint(0, len(x), (row.batch,))
                sgd.zero_grad()
                loss(x[index] @ phi, y[index]).backward()
                sgd.step()

    return run
