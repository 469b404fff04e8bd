"""What was measured, as a table, as JSON and as a picture."""
import json
import statistics
from xml.sax.saxutils import escape

OURS, THEIRS = "sallyport", "openvpn"
LESS_IS_BETTER = ("CPU s/GB", "CPU us/packet", "p50 us", "p99 us", "peak MiB", "ms")


class Results:
    """Samples by (workload, cipher, unit), then by client."""

    def __init__(self):
        self.rows, self.limits = {}, []

    def add(self, workload, cipher, client, numbers):
        for unit, number in numbers.items():
            self.rows.setdefault((workload, cipher, unit), {}).setdefault(client, []).append(number)

    def compared(self):
        """(workload, cipher, unit, ours, theirs), medians."""
        for (workload, cipher, unit), clients in self.rows.items():
            if OURS in clients and THEIRS in clients:
                yield workload, cipher, unit, statistics.median(clients[OURS]), statistics.median(clients[THEIRS])

    def print_table(self):
        print(f"{'workload':<20} {'cipher':<18} {'what':<14} {THEIRS:>10} {OURS:>10}")
        for workload, cipher, unit, ours, theirs in self.compared():
            print(f"{workload:<20} {cipher:<18} {unit:<14} {number(theirs):>10} {number(ours):>10}  ratio {ours / theirs:.2f}")
        print("limits")
        for workload, cipher, unit, value in self.limit_rows():
            print(f"{workload:<20} {cipher:<18} {unit:<14} {number(value):>10}", flush=True)

    def limit_rows(self):
        yield from self.limits
        for (workload, _, unit), clients in self.rows.items():
            if "plain" in clients and not unit.startswith("CPU"):
                yield workload, "no tunnel", unit, statistics.median(clients["plain"])

    def write(self, folder):
        folder.mkdir(parents=True, exist_ok=True)
        samples = [{"workload": workload, "cipher": cipher, "unit": unit, "client": client, "samples": numbers}
                   for (workload, cipher, unit), clients in self.rows.items() for client, numbers in clients.items()]
        limits = [dict(zip(("workload", "cipher", "unit", "limit"), row)) for row in self.limits]
        (folder / "bench.json").write_text(json.dumps({"samples": samples, "limits": limits}, indent=1) + "\n")
        (folder / "bench.svg").write_text(picture(list(self.compared())))


def number(value):
    return f"{value:.0f}" if value >= 1000 else f"{value:.1f}" if value >= 100 else f"{value:.2f}"


def picture(rows):
    """Ours as a part of openvpn's, a bar a row; the line is where both are equal. Bars of what should be little are
    blue, of what should be much green, and end at four times openvpn's."""
    height, left, scale, most = 22, 430, 100, 4
    total = height * (len(rows) + 2)
    lines = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + scale * most + 90}" height="{total}" '
             'font-family="sans-serif" font-size="13">', '<rect width="100%" height="100%" fill="white"/>',
             f'<text x="{left}" y="15" fill="#555">{OURS} / {THEIRS}</text>']
    for index, (workload, cipher, unit, ours, theirs) in enumerate(rows):
        ratio, top = ours / theirs, height * (index + 1)
        colour = "#3b6fb6" if unit in LESS_IS_BETTER else "#3f9b5f"
        lines += [f'<text x="8" y="{top + 15}">{escape(workload)}, {escape(unit)}, {escape(cipher)}</text>',
                  f'<rect x="{left}" y="{top + 4}" width="{min(ratio, most) * scale:.1f}" height="{height - 8}" fill="{colour}"/>',
                  f'<text x="{left + min(ratio, most) * scale + 6:.1f}" y="{top + 15}">{ratio:.2f}</text>']
    lines.append(f'<line x1="{left + scale}" x2="{left + scale}" y1="{height}" y2="{total - height}" stroke="#b33" stroke-dasharray="4 3"/>')
    return "\n".join(lines + ["</svg>"]) + "\n"
