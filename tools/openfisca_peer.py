#!/usr/bin/env python3
"""Measures OpenFisca-Core on the three capped clauses, as a peer of `cargo bench -p subsidy`.

The clauses are formulated here in OpenFisca's own vector style (yearly variables on one entity, float32 as it
stores them). OpenFisca-Core is installed from PyPI into a temporary virtual environment, which is removed again.
Run both in one session on one core:

    taskset -c 0 cargo bench -p subsidy
    taskset -c 0 python3 tools/openfisca_peer.py
"""

import subprocess
import sys
import tempfile
import venv
from pathlib import Path

FIRMS = 1_000_000
RUNS = 9
VERSION = "OpenFisca-Core>=46,<47"


def outer() -> int:
    """Builds the environment and runs this file inside it."""
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        python = Path(folder) / "bin" / "python"
        quiet = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", VERSION]
        if subprocess.run(quiet, check=False).returncode != 0:
            print("skipped: OpenFisca-Core could not be installed from PyPI")
            return 0
        return subprocess.run([python, __file__, "--inside"], check=False).returncode


def system():
    """Entity and variables: three awards from six inputs each year."""
    from openfisca_core.entities import build_entity
    from openfisca_core.periods import YEAR
    from openfisca_core.taxbenefitsystems import TaxBenefitSystem
    from openfisca_core.variables import Variable

    import numpy as np

    firm = build_entity(key="firm", plural="firms", label="Firm", is_person=True)
    tax_benefit_system = TaxBenefitSystem([firm])

    def add(name, formula=None):
        attributes = {"value_type": float, "entity": firm, "definition_period": YEAR, "label": name}
        if formula is not None:
            attributes["formula"] = formula
        tax_benefit_system.add_variable(type(name, (Variable,), attributes))

    for name in INPUTS:
        add(name)

    def interest_award(firms, period):
        base = np.minimum(firms("interest_paid", period), firms("interest_benchmark", period))
        left = np.maximum(20_000_000 - firms("interest_used", period), 0)
        return (firms("paid_in", period) >= 500_000_000) * np.minimum(0.5 * base, left)

    def fee_award(firms, period):
        left = np.maximum(2_000_000 - firms("fee_used", period), 0)
        return np.minimum(0.05 * firms("fees", period), left)

    def platform_award(firms, period):
        left = np.maximum(4_000_000 - firms("platform_used", period), 0)
        return np.minimum(firms("share", period) * firms("cost", period), left)

    add("interest_award", interest_award)
    add("fee_award", fee_award)
    add("platform_award", platform_award)
    return tax_benefit_system


INPUTS = [
    "paid_in",
    "interest_paid",
    "interest_benchmark",
    "interest_used",
    "fees",
    "fee_used",
    "cost",
    "share",
    "platform_used",
]
AWARDS = ["interest_award", "fee_award", "platform_award"]


def inside() -> int:
    """Measures calculation alone, with input building, and one firm; counts rows that are a fen or more off."""
    import importlib.metadata
    import statistics
    import time

    import numpy as np
    from openfisca_core.simulation_builder import SimulationBuilder

    rules = system()
    random = np.random.default_rng(42)
    # Whole fen, as amounts really are; seven orders of magnitude.
    amount = lambda most: np.floor(10 ** random.uniform(2, np.log10(most * 100), FIRMS)) / 100
    data = {
        "paid_in": amount(2e9),
        "interest_paid": amount(6e7),
        "interest_benchmark": amount(6e7),
        "interest_used": amount(2e7),
        "fees": amount(5e7),
        "fee_used": amount(2e6),
        "cost": amount(1e8),
        "share": np.round(random.uniform(0, 0.1, FIRMS), 5),
        "platform_used": amount(4e6),
    }

    def build(count):
        simulation = SimulationBuilder().build_default_simulation(rules, count=count)
        for name in INPUTS:
            simulation.set_input(name, "2025", data[name][:count])
        return simulation

    def calculate(simulation):
        return [simulation.calculate(name, "2025") for name in AWARDS]

    def timed(work, runs=RUNS):
        """Median by the clock, mean processor time."""
        seconds = [work() for _ in range(runs)]
        return statistics.median(clock for clock, _ in seconds), statistics.mean(cpu for _, cpu in seconds)

    def stopwatch(work):
        clock, processor = time.perf_counter(), time.process_time()
        work()
        return time.perf_counter() - clock, time.process_time() - processor

    def calculation_only():
        simulation = build(FIRMS)
        return stopwatch(lambda: calculate(simulation))

    def with_building(count):
        return lambda: stopwatch(lambda: calculate(build(count)))

    def rates(measured):
        clock, processor = measured
        return (
            f"{clock * 1e3:.1f} ms, {FIRMS / clock / 1e6:.1f} M firms/s "
            f"(processor time {processor * 1e3:.1f} ms, {FIRMS / processor / 1e6:.1f} M firms/s)"
        )

    only = timed(calculation_only)
    building = timed(with_building(FIRMS))
    single = timed(with_building(1), 200)
    awards = calculate(build(FIRMS))

    fen = {name: np.round(data[name] * 100).astype(np.int64) for name in INPUTS if name != "share"}
    parts = np.round(data["share"] * 1_000_000).astype(np.int64)
    half_up = lambda numerator, denominator: (2 * numerator + denominator) // (2 * denominator)
    base = np.minimum(fen["interest_paid"], fen["interest_benchmark"])
    exact = [
        (fen["paid_in"] >= 50_000_000_000)
        * np.minimum(half_up(base, 2), np.maximum(2_000_000_000 - fen["interest_used"], 0)),
        np.minimum(half_up(fen["fees"], 20), np.maximum(200_000_000 - fen["fee_used"], 0)),
        np.minimum(half_up(fen["cost"] * parts, 1_000_000), np.maximum(400_000_000 - fen["platform_used"], 0)),
    ]
    off = np.zeros(FIRMS, dtype=bool)
    for found, right in zip(awards, exact):
        off |= np.abs(found.astype(np.float64) * 100 - right) >= 1

    version = importlib.metadata.version("OpenFisca-Core")
    print(f"OpenFisca-Core {version}, numpy {np.__version__}, {FIRMS} firms × 3 clauses, medians of {RUNS}")
    print(f"calculation only: {rates(only)}")
    print(f"with input building: {rates(building)}")
    print(f"one firm: {single[0] * 1e6:.0f} µs (processor time {single[1] * 1e6:.0f} µs)")
    print(f"firms with an award a fen or more off: {off.mean():.1%}")
    return 0


if __name__ == "__main__":
    sys.exit(inside() if "--inside" in sys.argv else outer())
