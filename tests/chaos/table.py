"""The report of a run as a table."""

from __future__ import annotations

from statistics import median

from tests.chaos.run import Report, within


def rendered(report: Report) -> str:
    lines = [f"{'killed, or away':<16}{'times':>6}{'well again: p50':>18}{'max':>9}{'within':>9}"]
    for kind, times in report.killed.items():
        healed = report.healed[kind]
        seconds = [f"{median(healed):.1f} s", f"{max(healed):.1f} s"] if healed else ["-", "-"]
        lines.append(f"{kind:<16}{times:>6}{seconds[0]:>18}{seconds[1]:>9}{within(kind):>7.0f} s")
    lines += [f"{kind:<16}{'NOT SHOWN':>15}" for kind in report.skipped]
    lines.append("")
    lines += [f"{what:<26}{number:>12,}" for what, number in report.figures.items()]
    lines.append("")
    lines += [f"FAIL: {fault}" for fault in report.faults]
    verdict = "FAILED" if report.faults else "held"
    lines.append(f"The promise {verdict}: seed {report.plan.seed}, {report.seconds:.0f} s.")
    return "\n".join(lines)
