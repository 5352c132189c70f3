/** What bench/desktop.ts writes into docs/performance.md. Pure. */
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

export function section(ways: readonly Measured[], about: Circumstances): string {
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
  ].join("\n");
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
