#!/bin/sh
# unlocked.sh PROGRAM [FOLDER] - prints docs/unlocked-cards.md: an unlocked GTX 1080 against a
# Tesla P40 and a Tesla T4, from scenarios/unlocked-gtx-1080.yaml. With FOLDER, draws the
# temperatures there instead, as unlocked-temperature.svg (needs gnuplot).
set -eu
program=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
scenario=scenarios/unlocked-gtx-1080.yaml
mean='vms[0].workloads[0].job[1].compute.demand.lognormal.mean'
quiet='{silent: never, detected: 1095d, reset: 730d, away: 1min}'

# demand DEVICE - 2.4 ms on a P40, by 70 % TFLOPS and 30 % bandwidth, as gpus.csv has them.
demand() {
    awk -F, -v name="$1" '
        NR == 1 { for (i = 1; i <= NF; i++) { at[$i] = i } }
        $1 == name || $1 == "p40" {
            flops[$1] = $at["fp32_tflops"]; bandwidth[$1] = $at["mem_bandwidth_gbps"]
        }
        END {
            part = 0.7 * flops["p40"] / flops[name]
            part += 0.3 * bandwidth["p40"] / bandwidth[name]
            printf "%.0fus", 2400 * part
        }' sim/catalogue/data/gpus.csv
}

# run NAME DEVICE SET... - an hour of it, into $work/NAME.
run() {
    name=$1
    device=$2
    shift 2
    "$program" run "$scenario" --no-figures -o "$work/$name" --set "gpus[0].device=$device" \
        --set "$mean=$(demand "$device")" "$@" >/dev/null 2>"$work/log" || {
        cat "$work/log" >&2
        exit 1
    }
}

run p40 p40 --set 'gpus[0].thermal=device' --set "gpus[0].faults=$quiet" \
    --set 'gpus[0].unlock=auto'
run t4 t4 --set 'gpus[0].thermal=device' --set "gpus[0].faults=$quiet" \
    --set 'gpus[0].unlock=auto' --set 'vms[0].profile=T4-2Q'
run off gtx-1080 --set 'gpus[0].thermal=off'
run cool gtx-1080 --set 'gpus[0].thermal.ambient=25C'
run warm gtx-1080 --set 'gpus[0].thermal.ambient=35C'
run hot gtx-1080

if [ $# -gt 1 ]; then
    for name in cool warm hot p40 t4; do
        cp "$work/$name/temperature.csv" "$work/$name.csv"
    done
    gnuplot -e "folder='$work'; output='$2/unlocked-temperature.svg'" plots/unlocked.gp
    exit 0
fi

# row NAME TITLE - a line of the table of what the desktops see, from the worst VM.
row() {
    jain=$(sed -n 's/.*"jain_all": \([0-9.]*\).*/\1/p' "$work/$1/summary.json")
    awk -F, -v title="$2" -v jain="$jain" '
        NR == 1 { for (i = 1; i <= NF; i++) { at[$i] = i }; next }
        {
            mean = $at["latency_mean_ns"] > mean ? $at["latency_mean_ns"] : mean
            p99 = $at["latency_p99_ns"] > p99 ? $at["latency_p99_ns"] : p99
            done += $at["jobs_done"]; missed += $at["deadline_missed"]
            arrived += $at["jobs_arrived"]
        }
        END {
            printf "| %s | %.2f | %.2f | %.1f | %.2f | %.4f |\n", title, mean / 1e6, p99 / 1e6,
                done / 3540, 100 * missed / arrived, jain
        }' "$work/$1/vms.csv"
}

# health NAME TITLE - a line of the table of heat and faults.
health() {
    awk -F, -v title="$2" '
        NR == 1 { for (i = 1; i <= NF; i++) { at[$i] = i }; next }
        {
            heat = $at["temperature_max_c"] != ""
            printf "| %s | %s | %s | %s | %.3g | %.3g | %.3g |\n", title,
                heat ? sprintf("%.1f", $at["temperature_max_c"]) : "-",
                heat ? sprintf("%.1f", $at["throttled_percent"]) : "-",
                heat ? sprintf("%.1f", $at["clock_mean_percent"]) : "100.0",
                $at["silent_per_year"], $at["detected_per_year"], $at["resets_per_year"]
        }' "$work/$1/health.csv"
}

each() {
    "$1" p40 'Tesla P40'
    "$1" t4 'Tesla T4 (`T4-2Q`)'
    "$1" off 'GTX 1080 unlocked, heat not looked at'
    "$1" cool 'GTX 1080 unlocked, air of 25 C'
    "$1" warm 'GTX 1080 unlocked, air of 35 C'
    "$1" hot 'GTX 1080 unlocked, air of 45 C'
}

cat <<'END'
# An unlocked GTX 1080 against a Tesla P40 and a Tesla T4

Made by `make docs` (.ci/unlocked.sh) from
[scenarios/unlocked-gtx-1080.yaml](../scenarios/unlocked-gtx-1080.yaml); do not edit. The
simulator models unlocking; **it unlocks nothing**. No figure on this page was measured on
these cards: each is from memory or assumed, as the last section says, so the page shows what
follows from such figures, not what a card of yours will do.

Four desktops of 2 GiB each (`P40-2Q`, on the T4 `T4-2Q`) draw 60 frames a second for an hour,
one minute of it warm-up, under best effort with a slice of 1 ms (the vendor's rule for up to
12 VMs; 2 ms on the T4). All see the same arrivals, and the same draws of demand, scaled by
the card.

| card | mean (ms) | p99 (ms) | frames/s in all | over 33.3 ms (%) | fairness |
|---|---:|---:|---:|---:|---:|
END
each row
cat <<'END'

Mean and p99 are those of the VM that comes off worst; 240 frames a second are asked for.
Fairness is Jain's index of the service of the four VMs over the hour.

| card | warmest (C) | throttled (%) | clock (%) | silent a year | detected | resets |
|---|---:|---:|---:|---:|---:|---:|
END
each health
cat <<'END'

Throttled is the part of the hour below full clock; clock is the mean. Faults (silent and
detected errors, resets) are what a year has on average under the assumed rates; within the
hour there were none. A reset costs every job in flight of all four VMs and a minute.

![Temperature of the cards over the hour](figures/unlocked-temperature.svg)

(`sh .ci/unlocked.sh build/vgpusim docs/figures` draws the figure anew.)

## What the card passes for, and what it lacks

```
$ vgpusim explain gtx-1080
END
"$program" explain gtx-1080 |
    awk '/^  [a-zA-Z]/ { is_left_out = /^  thermal/ } !is_left_out'
cat <<'END'
```

## Where the figures come from

- SMs, memory, bandwidth, TFLOPS and power of the cards: `sim/catalogue/data/gpus.csv`,
  written down from memory; `vgpusim run --strict` refuses them.
- What passes for what: `unlock_map.csv`, read in the unlocking tool's source.
- Sizes and maxima of vGPU types: `vgpu_types.csv`, read in a driver's type table.
- Thermal figures, `sim/catalogue/data/thermal.csv`:

END
echo '| device | figure | value | unit | source |'
echo '|---|---|---:|---|---|'
awk -F, 'NR > 1 {
    gsub(/"/, ""); source = $5; for (i = 6; i <= NF; i++) { source = source "," $i }
    printf "| %s | %s | %s | %s | %s |\n", $1, $2, $3, $4,
        source }' sim/catalogue/data/thermal.csv
cat <<'END'

- Assumed in the scenario: 2.4 ms of GPU time a frame on a P40, 30 % of it bound by memory,
  with a coefficient of variation of 0.4; on the other cards 70 % by the ratio of TFLOPS and
  30 % by that of bandwidth; 2 ms on the host and 1 ms of encoding on every card.
- Assumed rates of faults: of the GTX 1080 a silent error every 120 days (it has no ECC), a
  detected one every 365, a reset every 90; of the Tesla cards a detected error every 1095
  days, a reset every 730, and no silent ones, as ECC corrects single bits. Nobody publishes
  such rates of consumer cards in servers: put your own there.
- Switch costs: the language's default, measured on no card of that age.

## The unlocking tool's files

`vgpusim import vgpu-unlock-config config.toml` prints the GPU's `unlock:` of a scenario, and
`vgpusim import profile-override profile_override.toml` VMs with the overrides of their type;
with `--type 47 --vm 104` (or `--mdev UUID`) those of one vGPU, the sections applied in the
tool's order: profile, mdev, vm. Keys that the tool does not know, and so ignores without a
word, are named on stderr. A vGPU whose framebuffer is overridden becomes a VM with that much
`memory`: it is not held to one size per GPU and the type's maximum, which the host would
still apply, as a comment says.
END
