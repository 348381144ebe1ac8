"""Learn the gates on simulated series and write them into the package.

Usage: python models/gates/train.py [--series 2500] [--members 3] [--seed 1] [--output FILE]
Needs PyTorch (any CPU build); about ten minutes on two cores. The result is the same for the same
seed, versions and processor. See models/gates/README.md.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[2] / "src")]

from simulate import Sample, sample  # noqa: E402

from foresail.forecast import bands, experts, features  # noqa: E402
from foresail.forecast.arrays import mean  # noqa: E402
from foresail.forecast.engine import band_traits, combine  # noqa: E402
from foresail.forecast.gates import Gates  # noqa: E402
from foresail.forecast.origins import run_trials  # noqa: E402
from foresail.forecast.window import Window  # noqa: E402

BUCKET = torch.tensor(features.lead_bucket(48))
WINDOWS = 4  # of each series
CHUNK = 400


@dataclass
class Task:
    """Tensors of one stage: inputs of the gate, what it mixes, what came, and a scale."""

    inputs: tuple[torch.Tensor, ...]
    mixed: torch.Tensor
    came: torch.Tensor
    scale: torch.Tensor


class ExpertGate(nn.Module):
    """Weights of the experts; see `foresail.forecast.gates`."""

    def __init__(self, traits: int, views: int, hidden: int) -> None:
        super().__init__()
        count, buckets = len(experts.NAMES), features.BUCKETS
        self.bias = nn.Parameter(torch.zeros(count, buckets))
        self.loss = nn.Parameter(torch.full((views, buckets), 0.7))
        self.first = nn.Linear(traits, hidden)
        self.out = _zero(nn.Linear(hidden, count * buckets))
        self.sharp = _zero(nn.Linear(hidden, buckets))

    def forward(self, losses: torch.Tensor, traits: torch.Tensor) -> torch.Tensor:
        """Weights (rows, experts, lead buckets)."""
        hidden = torch.tanh(self.first(traits))
        prior = self.bias + self.out(hidden).view(len(traits), -1, features.BUCKETS)
        sharp = torch.exp(self.sharp(hidden))[:, None]
        return torch.softmax(prior - sharp * (losses @ self.loss), 1)

    def penalty(self) -> torch.Tensor:
        """Weight decay."""
        parts = (self.bias, self.first.weight, self.out.weight)
        return sum((p**2).sum() for p in parts) + 0.1 * (self.loss**2).sum()

    def parameters_by_name(self) -> dict[str, np.ndarray]:
        """As `foresail.forecast.gates` names them."""
        return _named(
            {
                "bias": self.bias,
                "loss": self.loss,
                "in": self.first.weight.T,
                "in_bias": self.first.bias,
                "out": self.out.weight.T,
                "out_bias": self.out.bias,
                "sharp": self.sharp.weight.T,
                "sharp_bias": self.sharp.bias,
            }
        )


class BandGate(nn.Module):
    """Weights of the views of errors, and how far to stretch; see `foresail.forecast.gates`."""

    def __init__(self, traits: int, hidden: int) -> None:
        super().__init__()
        views, self.levels = len(bands.VIEWS), len(bands.LEVELS)
        self.bias = nn.Parameter(torch.zeros(views, self.levels, features.BUCKETS))
        self.stretch = nn.Parameter(torch.zeros(self.levels, features.BUCKETS))
        self.first = nn.Linear(traits, hidden)
        self.out = _zero(nn.Linear(hidden, views * self.levels))
        self.wide = _zero(nn.Linear(hidden, self.levels * features.BUCKETS))
        with torch.no_grad():
            self.bias[bands.VIEWS.index("hour") :] -= 1.5  # errors say more than values

    def forward(self, traits: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Weights of the views, and log stretch."""
        hidden = torch.tanh(self.first(traits))
        by_view = self.out(hidden).view(len(traits), -1, self.levels, 1)
        log = self.stretch + self.wide(hidden).view(len(traits), self.levels, -1)
        return torch.softmax(self.bias + by_view, 1), log.clamp(-1.0, 1.5)

    def penalty(self) -> torch.Tensor:
        """Weight decay."""
        return sum((p**2).sum() for p in (self.first.weight, self.out.weight, self.wide.weight))

    def parameters_by_name(self) -> dict[str, np.ndarray]:
        """As `foresail.forecast.gates` names them."""
        return _named(
            {
                "bias": self.bias,
                "stretch": self.stretch,
                "in": self.first.weight.T,
                "in_bias": self.first.bias,
                "out": self.out.weight.T,
                "out_bias": self.out.bias,
                "wide": self.wide.weight.T,
                "wide_bias": self.wide.bias,
            }
        )


def _zero(layer: nn.Linear) -> nn.Linear:
    nn.init.zeros_(layer.weight)
    nn.init.zeros_(layer.bias)
    return layer


def _named(parameters: dict[str, torch.Tensor]) -> dict[str, np.ndarray]:
    return {name: value.detach().numpy().astype(np.float32) for name, value in parameters.items()}


def expert_task(drawn: Sample) -> Task:
    """Prepare what the gate of the experts learns from, on the scale of yesterday's error."""
    parts = []
    for start in range(0, len(drawn.past), CHUNK):
        some = slice(start, start + CHUNK)
        window = Window(drawn.past[some], drawn.hour[some], drawn.weekday[some])
        trials, level = run_trials(window, 2), features.size(drawn.past[some])
        losses = features.expert_losses(trials, level)
        traits = features.series_traits(window, trials, losses)
        came = drawn.future[some] / level[:, None]
        naive = np.tile(drawn.past[some][:, -24:], (1, 2)) / level[:, None]
        parts.append(
            (losses, traits, trials.ahead / level[:, None, None], came, np.abs(came - naive).sum(1))
        )
    losses, traits, ahead, came, naive = _joined(parts)
    return Task((losses, traits), ahead, came, naive)


def band_task(drawn: Sample, gates: Gates) -> Task:
    """Prepare what the gate of the bands learns from; scaled to the mean error at past origins."""
    parts = []
    for start in range(0, len(drawn.past), CHUNK):
        some = slice(start, start + CHUNK)
        window = Window(drawn.past[some], drawn.hour[some], drawn.weekday[some])
        combined = combine(window, run_trials(window, 2), gates)
        evidence, traits = combined.evidence(window), combined.traits
        found, error_traits = bands.views(evidence)
        level = features.size(drawn.past[some])
        error = mean(np.abs(evidence.errors), (1, 2))
        scale = np.maximum(np.nan_to_num(error / level), 0.01)
        parts.append(
            (
                band_traits(traits, error_traits),
                evidence.path / level[:, None],
                found / level[:, None, None, None],
                drawn.future[some] / level[:, None],
                scale,
            )
        )
    traits, path, found, came, scale = _joined(parts)
    return Task((traits, path), found, came, scale)


def _joined(parts: list[tuple[np.ndarray, ...]]) -> list[torch.Tensor]:
    whole = (np.concatenate(part) for part in zip(*parts, strict=True))
    return [torch.tensor(values, dtype=torch.float32) for values in whole]


def _some(rng: np.random.Generator, count: int, most: int) -> np.ndarray:
    return rng.choice(count, min(most, count), replace=False)


def learn_experts(task: Task, seed: int, steps: int = 400, batch: int = 150) -> ExpertGate:
    """Minimise the mean log of each series' error against the day-seasonal naive's."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    losses, traits = task.inputs
    gate = ExpertGate(traits.shape[1], losses.shape[2], hidden=24)
    optimiser = torch.optim.Adam(gate.parameters(), lr=0.02)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
    for _ in range(steps):
        series = _some(rng, len(traits) // WINDOWS, batch)
        rows = torch.tensor((series[:, None] * WINDOWS + np.arange(WINDOWS)).ravel())
        weights = gate(losses[rows], traits[rows])[:, :, BUCKET]
        error = ((weights * task.mixed[rows]).sum(1) - task.came[rows]).abs().sum(1)
        ratio = error.view(-1, WINDOWS).sum(1) / (task.scale[rows].view(-1, WINDOWS).sum(1) + 1e-4)
        objective = torch.log(ratio + 0.05).clamp(-3, 3).mean() + 1e-4 * gate.penalty()
        _step(optimiser, schedule, objective)
    return gate


def learn_bands(task: Task, seed: int, steps: int = 400, batch: int = 600) -> BandGate:
    """Minimise the pinball loss at all levels, each on the scale of its usual error."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    traits, path = task.inputs
    gate = BandGate(traits.shape[1], hidden=12)
    optimiser = torch.optim.Adam(gate.parameters(), lr=0.01)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
    level = torch.tensor(bands.LEVELS, dtype=torch.float32)[None, :, None]
    weight = (1 / torch.sqrt(level * (1 - level)))[..., 0]
    for _ in range(steps):
        rows = torch.tensor(_some(rng, len(traits), batch))
        weights, log = gate(traits[rows])
        middle = path[rows][:, None]
        offset = (weights[..., BUCKET] * task.mixed[rows]).sum(1) - middle
        quantile = torch.cummax((middle + offset * torch.exp(log[..., BUCKET])).clamp(min=0), 1)[0]
        error = task.came[rows][:, None] - quantile
        loss = torch.maximum(level * error, (level - 1) * error).mean(2) / task.scale[rows][:, None]
        _step(optimiser, schedule, (loss.clamp(max=30) * weight).mean() + 3e-4 * gate.penalty())
    return gate


def _step(
    optimiser: torch.optim.Optimizer,
    schedule: torch.optim.lr_scheduler.LRScheduler,
    objective: torch.Tensor,
) -> None:
    optimiser.zero_grad()
    objective.backward()
    optimiser.step()
    schedule.step()


def main() -> None:
    """Draw, learn both gates in turn, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--series", type=int, default=2500)
    parser.add_argument("--members", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    package = Path(__file__).parents[2] / "src/foresail/forecast/gates.npz"
    parser.add_argument("--output", type=Path, default=package)
    options = parser.parse_args()
    drawn = sample(options.series, WINDOWS, options.seed)
    task = expert_task(drawn)
    print(f"{len(drawn.past)} windows of {options.series} series", flush=True)
    first = [learn_experts(task, seed).parameters_by_name() for seed in range(options.members)]
    gates = Gates(tuple({k: v.astype(float) for k, v in p.items()} for p in first), ())
    print("experts learned", flush=True)
    task = band_task(drawn, gates)
    second = [learn_bands(task, seed).parameters_by_name() for seed in range(options.members)]
    print("bands learned", flush=True)
    stored = {
        f"{kind}/{member}/{name}": value
        for kind, learned in (("experts", first), ("bands", second))
        for member, parameters in enumerate(learned)
        for name, value in parameters.items()
    }
    np.savez_compressed(options.output, **stored)
    print(f"{options.output}: {options.output.stat().st_size} bytes")


if __name__ == "__main__":
    main()
