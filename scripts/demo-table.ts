/** What the demo says at its end. Pure. */
import type { Done } from "./demo-way.ts";

/** What the project promises: a warm start from the engine is so many times sooner than installing. */
const PROMISED_RATIO = 15;

/** The table and the sentences below it. */
export function figures(done: readonly Done[], emptyEngine: boolean): string {
  const rows = done.map((one, index) => [
    `${index + 1}. ${one.way.title}`,
    names(one, "built"),
    names(one, "local", "registry"),
    seconds(one.reachedMs),
    seconds(one.stepMs),
    times(one, done),
  ]);
  const head = ["way", "built", "reused", "task reached", "whole step", "sooner than way 1"];
  const hits = done.filter(({ way }) => way.hit !== undefined);
  const sum = (count: (one: Done) => number) => hits.reduce((total, one) => total + count(one), 0);
  const pulled = hits.find(({ way }) => way.hit === "registry");
  return [
    ...table([head, ...rows]),
    "",
    "task reached: from the start of the step to the task's first command. Reused: the env image has the",
    "desktop in it, so on a hit the desktop image is not needed.",
    "",
    ...(pulled === undefined
      ? []
      : [
          `From the registry: the pull took ${seconds(pulled.restoreMs ?? 0)} for ${megabytes(pulled.fetchedBytes)}, ` +
            (emptyEngine
              ? "base image included, on an empty engine."
              : "on an engine whose build cache had the layers."),
        ]),
    `On the env hits: ${sum((one) => builds(one).length)} builds and ${sum((one) => desktopLookUps(one).length)} look-ups of the desktop image, ` +
      `in ${sum(({ calls }) => calls.length)} docker commands and ${sum(({ requests }) => requests.length)} requests to the registry.`,
  ].join("\n");
}

/** Where the run is not what the project promises; a sentence each. */
export function problems(done: readonly Done[]): string[] {
  const found: string[] = [];
  for (const one of done) {
    const { way, layers } = one;
    const sources = layers.map(({ name, source }) => `${name} ${source}`).join(", ") || "none";
    if (way.hit !== undefined) {
      if (sources !== `env ${way.hit}`) found.push(`${way.title}: the layers were ${sources}`);
      for (const call of builds(one)) found.push(`${way.title}: a hit built: docker ${call}`);
      for (const what of desktopLookUps(one)) {
        found.push(`${way.title}: a hit looked for the desktop image: ${what}`);
      }
    } else if (way.inputs["cache-container-build"] === "true") {
      if (sources !== "desktop built, env built") {
        found.push(`${way.title}: the layers were ${sources}`);
      }
      for (const { name, pushed } of layers) {
        if (!pushed) found.push(`${way.title}: the layer ${name} was not pushed`);
      }
    } else if (layers.length > 0) found.push(`${way.title}: the layers were ${sources}`);
    const ratio = ratioOf(one, done);
    if (way.hit === "local" && ratio < PROMISED_RATIO) {
      found.push(
        `${way.title} is ${ratio.toFixed(1)} times sooner than installing, not ${PROMISED_RATIO}`,
      );
    }
  }
  return found;
}

function builds({ calls }: Done): string[] {
  return calls.filter((call) => /^(buildx|build|builder)\b/.test(call));
}

function desktopLookUps({ calls, requests }: Done): string[] {
  return [...calls, ...requests].filter((what) => what.includes("agent-runner-desktop"));
}

function names({ layers }: Done, ...sources: string[]): string {
  const found = layers.filter(({ source }) => sources.includes(source));
  return found.map(({ name }) => name).join(", ") || "-";
}

function ratioOf(one: Done, done: readonly Done[]): number {
  return (done[0] ?? one).reachedMs / one.reachedMs;
}

function times(one: Done, done: readonly Done[]): string {
  return one === done[0] ? "" : `${ratioOf(one, done).toFixed(1)}x`;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(0)} MB`;
}

function table(rows: readonly string[][]): string[] {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  // Words to the left, figures to the right.
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) =>
        column < 3 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join("  ")
      .trimEnd();
  const rule = widths.map((width) => "-".repeat(width)).join("  ");
  const [head = [], ...rest] = rows;
  return [line(head), rule, ...rest.map(line)];
}
