/** What bench/desktop.ts writes into docs/performance.md. Pure. */
import type { Starts } from "./desktop-start.ts";
import { markdownTable, median } from "./page.ts";

export interface Measured {
  title: string;
  /** Once, before the first run; 0 where nothing is cached. */
  buildMs: number;
  /** Whole steps, in the order they ran. */
  runs: number[];
  /** From the start of the step to the task's first command. */
  reached: number[];
}

interface Circumstances {
  /** In general words. */
  machine: string;
  /** The load average of the last minute, before and after. */
  load: readonly [number, number];
  /** YYYY-MM-DD */
  date: string;
}

/** A load average at the end from which on the times are not this machine's own. */
const BUSY = 4;
const BUSY_NOTE = [
  "**The machine was busy with other work meanwhile**: times are too long and spread widely. What takes the processor longest",
  "suffers most, so the caches may look better than on an idle machine.",
];

/** What issue 5 promises of the start of a cached desktop, and these do not keep; none is good. */
export function brokenPromises(starts: Starts): string[] {
  const ours = median(starts.ours);
  const times = ours / median(starts.byHand);
  return [
    ...(ours < 3000 ? [] : [`ready after ${ours} ms, not within 3 s`]),
    ...(times <= 1.5 ? [] : [`${times.toFixed(2)} times what it takes by hand, not at most 1.5`]),
  ];
}

export function section(ways: readonly Measured[], starts: Starts, about: Circumstances): string {
  const plain = ways[0] as Measured;
  const count = plain.runs.length;
  const rows = ways.map((way) => {
    const total = way.buildMs + sum(way.runs);
    return [
      way.title,
      way.buildMs === 0 ? "" : seconds(way.buildMs),
      seconds(median(way.runs)),
      seconds(median(way.reached)),
      seconds(total),
      way === plain ? "" : `${(sum(plain.runs) / total).toFixed(1)}x`,
      way === plain ? "" : paysAt(way, plain),
    ];
  });
  const head = [
    "",
    "one-time build",
    "a run",
    "command reached",
    `build and ${count} runs`,
    "faster",
    "pays for itself",
  ];
  const raw = ways.map((way) => [
    way.title,
    way.buildMs === 0 ? "" : seconds(way.buildMs),
    way.runs.map((ms) => (ms / 1000).toFixed(1)).join(" "),
    way.reached.map((ms) => (ms / 1000).toFixed(1)).join(" "),
  ]);
  const [before, after] = about.load;
  return [
    "## What the two caches save",
    "",
    `The task of \`examples/basic\` through the built action, ${count} runs each: a desktop on the screen and a cached`,
    "preflight with git, jq, Python and ripgrep, on a minimal Debian 12 that is in the engine. *A run* is the whole step,",
    "post included, *command reached* the time until the task's first command; both are medians. *Pays for itself* is",
    "computed from the medians: the first run at which the build and so many median runs take less than as many median",
    "runs without caching.",
    "",
    `Measured on ${about.date}: ${about.machine}. Load average ${before.toFixed(1)} before and ${after.toFixed(1)} after`,
    "(the measurement itself makes about 1). One command does it again: `npm run bench:desktop`.",
    ...(after < BUSY ? [] : ["", ...BUSY_NOTE]),
    "",
    ...markdownTable(1, [head, ...rows]),
    "",
    "Single figures in seconds, in the order they were measured, one way after the other in each round:",
    "",
    ...markdownTable(1, [["", "one-time build", "runs", "command reached"], ...raw]),
    "",
    ...startSection(starts),
  ].join("\n");
}

function startSection({ ours, byHand }: Starts): string[] {
  const row = (title: string, values: number[]) => [
    title,
    `${median(values)} ms`,
    `${Math.min(...values)} ms`,
    values.join(" "),
  ];
  return [
    `What the desktop itself adds to a task, when it is cached: from the start of \`desktop/start.sh\` until X, its window`,
    "manager, a terminal and noVNC answer, against a loop of shell that starts the same four programs by hand and asks",
    `until they answer; in one container, in turns. Medians of ${ours.length}: ${(median(ours) / median(byHand)).toFixed(2)} times as long. What is more: a`,
    "background over the whole screen, fonts of the terminal, private folders, limits for whatever hangs.",
    "",
    ...markdownTable(1, [
      ["", "median", "fastest", "single figures in ms"],
      row("`start.sh`", ours),
      row("by hand", byHand),
    ]),
  ];
}

function paysAt(way: Measured, plain: Measured): string {
  const saved = median(plain.runs) - median(way.runs);
  return saved <= 0 ? "never" : `at run ${Math.floor(way.buildMs / saved) + 1}`;
}

function sum(values: readonly number[]): number {
  return values.reduce((all, value) => all + value, 0);
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
