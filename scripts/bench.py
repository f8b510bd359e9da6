"""Runs the measurements of scripts/bench and prints their table; writes bench.json. Called by scripts/bench only."""

import json, os, shutil, statistics, subprocess, sys, time

work, binary = os.environ["WORK"], os.environ["BINARY"]
events, repeats = int(os.environ["EVENTS"]), int(os.environ["REPEATS"])
seconds, user = os.environ["SECONDS_EACH"], os.environ.get("PG_USER")
rounds = []


def run(*args, pin=None):
    command = (["taskset", "-c", pin] if pin else []) + [binary, *args]
    started = time.monotonic()
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}: {done.stderr}")
    return json.loads(done.stdout) if done.stdout.strip() else {}, time.monotonic() - started


def pgbench():
    command = ["pgbench", "-n", "-c", "8", "-j", "2", "-T", seconds, "-h", f"{work}/socket", "-U", "bench", "bench"]
    if user:
        command = ["runuser", "-u", user, "--", "env", f"PATH={os.environ['PATH']}", *command]
    out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return float(next(line.split("=")[1].split()[0] for line in out.splitlines() if line.startswith("tps")))


def load(count, name):
    folder = f"{work}/{name}"
    shutil.rmtree(folder, ignore_errors=True)
    measured, _ = run("--dir", folder, "--json", "bench", "--events", str(count))
    return measured


def restart(folder):
    """From a start to the answer of an empty submission, and again: everything recovered, closed in order."""
    open(f"{work}/none.ndjson", "w").close()
    return run("--dir", folder, "submit", f"{work}/none.ndjson")[1]


for number in range(repeats):
    print(f"round {number + 1} of {repeats} …", file=sys.stderr)
    small = load(max(events // 10, 1), "small")
    tps, large = pgbench(), load(events, "large")
    machine, _ = run("--json", "bench", "--state-machine", "--events", str(events))
    one, _ = run("--dir", f"{work}/large", "--json", "fsck", pin="0")
    two, _ = run("--dir", f"{work}/large", "--json", "fsck")
    assert one["ok"] and two["ok"], "fsck found a difference"
    rounds.append({
        "load_average": os.getloadavg()[0],
        "fsync_rate": large["fsync_rate"],
        "pgbench_c8": tps,
        "journal_rate": large["rate"],
        "drained_rate": large["drained_rate"],
        "small_journal_rate": small["rate"],
        "small_drained_rate": small["drained_rate"],
        "machine_rate": machine["rate"],
        "fsck_one_core": one["entries"] / one["journal_seconds"],
        "fsck_two_cores": two["entries"] / two["journal_seconds"],
        "fsck_register_seconds": two["seconds"] - two["journal_seconds"],
        "restart_seconds": restart(f"{work}/large"),
        "rss_peak_mb": large["rss_peak_mb"],
        "entries": large["entries"],
    })


def figures(of):
    values = [of(each) for each in rounds]
    return statistics.median(values), min(values), max(values)


def line(goal, what, of, unit="", form="{:,.2f}"):
    middle, least, most = (form.format(value) for value in figures(of))
    print(f"{goal:<4} {what:<64} {middle:>12} ({least} – {most}) {unit}")


print(f"{events:,} events, {repeats} rounds, medians with least and most")
line("", "load average", lambda r: r["load_average"])
line("", "fsync probe: 4 KiB append + fdatasync", lambda r: r["fsync_rate"], "a second", "{:,.0f}")
line("", "pgbench TPC-B scale 20, 8 clients", lambda r: r["pgbench_c8"], "tps", "{:,.0f}")
line("P1", "state machine, one thread (goal 2,000,000)", lambda r: r["machine_rate"], "events/s", "{:,.0f}")
line("", "journal rate, batch 1000", lambda r: r["journal_rate"], "events/s", "{:,.0f}")
line("P2", "journal rate / pgbench c8 (goal 50)", lambda r: r["journal_rate"] / r["pgbench_c8"], "x")
line("P3", "with the register drained / pgbench c8 (goal 30)", lambda r: r["drained_rate"] / r["pgbench_c8"], "x")
line("P7", "journal rate at full size / at a tenth (goal 0.8)", lambda r: r["journal_rate"] / r["small_journal_rate"], "x")
line("P7", "drained rate at full size / at a tenth (goal 0.8)", lambda r: r["drained_rate"] / r["small_drained_rate"], "x")
line("P8", "fsck of the journal, one core (goal 400,000)", lambda r: r["fsck_one_core"], "entries/s", "{:,.0f}")
line("P8", "fsck on two cores / on one (goal 1.4)", lambda r: r["fsck_two_cores"] / r["fsck_one_core"], "x")
line("", "fsck: comparing the register as well takes", lambda r: r["fsck_register_seconds"], "s more")
line("P9", "restart, recovered and closed again (goal 2)", lambda r: r["restart_seconds"], "s")
line("", "peak memory of the load", lambda r: r["rss_peak_mb"], "MB", "{:,.0f}")
with open("bench.json", "w") as out:
    json.dump({"events": events, "rounds": rounds}, out, indent=1)
