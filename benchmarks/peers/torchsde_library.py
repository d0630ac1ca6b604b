"""torchsde: Euler, diagonal or general noise."""

from __future__ import annotations

import torch
import torchsde
import work
from work import Row

torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)


def contenders(row: Row) -> dict:
    if row.key not in ("A", "B", "G"):
        return {}
    return {"torchsde": (solve(row), 0.1)}


class Scalar(torch.nn.Module):
    noise_type, sde_type = "diagonal", "ito"

    def f(self, t, phi):
        return work.drift(phi)

    def g(self, t, phi):
        return torch.sqrt(work.noise_variance(phi))


class Linear(torch.nn.Module):
    noise_type, sde_type = "general", "ito"

    def __init__(self):
        super().__init__()
        self.h, self.root = torch.from_numpy(work.H), torch.from_numpy(work.G)

    def f(self, t, phi):
        return -phi @ self.h

    def g(self, t, phi):
        return self.root.expand(len(phi), 10, 10)


def solve(row: Row):
    """A tenth of the paths; all the steps."""
    m = row.chains // 10
    end = row.steps * work.DT
    ts = torch.linspace(0, end, 101 if row.key == "G" else 2)
    sde, start = (Linear(), torch.ones(m, 10)) if row.key == "B" else (Scalar(), torch.zeros(m, 1))

    def run():
        torch.manual_seed(5)
        with torch.no_grad():
            paths = torchsde.sdeint(sde, start, ts, method="euler", dt=work.DT)
        return work.records(paths[1:, :, 0].numpy()) if row.key == "G" else paths[-1].numpy()

    return run
