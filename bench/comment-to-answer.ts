/**
 * What the action takes from a comment to its answer, with a warm image: all but the model's time, since the agent is a
 * program that answers at once. The event, GitHub's API, the pull request's history and its thread are those of the
 * examples' tests; git and the engine are real. `npm run bench:comment-to-answer [-- --dry]`; `--dry` leaves the page alone.
 */
import { rm } from "node:fs/promises";
import { loadavg } from "node:os";
import { dirname } from "node:path";
import { runAction } from "../tests/harness/runner.ts";
import { BARE_IMAGE, ensureBareImage } from "../tests/integration/support/bare-image.ts";
import { exampleWorld } from "../tests/integration/support/example-world.ts";
import { workspaceWith } from "../tests/integration/support/workspace.ts";
import { payloadOf } from "../tests/unit/github/payloads.ts";
import { describeMachine } from "./machine.ts";
import { failOn, markdownTable, median, writeSection } from "./page.ts";

const rounds = 11;
const allowedMs = 3_000;

await ensureBareImage();
const stops: (() => Promise<void>)[] = [];
const world = await exampleWorld((stop) => void stops.push(stop));

const said = {
  ...{ type: "result", subtype: "success", is_error: false, num_turns: 1, session_id: "s-1" },
  result: "Nobody has opened it.",
};
const tool = `#!/bin/bash\ncat >/dev/null; echo open >door.txt\ncat <<'ANSWER'\n${JSON.stringify(said)}\nANSWER`;
const inputs = {
  pull: "never",
  "base-image": BARE_IMAGE,
  "trigger-phrase": "/agent",
  agent: "claude",
  env: "ANTHROPIC_API_KEY=sk-ant-stand-in",
  "cache-container-build": "true",
  "cached-preflight": `mkdir -p /tmp/bin; cat >/tmp/bin/claude <<'TOOL'\n${tool}\nTOOL\nchmod +x /tmp/bin/claude`,
  "run-preflight": "export PATH=/tmp/bin:$PATH",
};

/** Somebody asks; the workspace is empty, as it is without `actions/checkout`. */
async function ask(round: number): Promise<{ all: number; task: number }> {
  const { issue, comment, ...rest } = payloadOf("issue_comment") as Record<string, object>;
  const written = { ...comment, id: 500 + round, body: `/agent why is it closed? (${round})` };
  const event = world.happens({
    name: "issue_comment",
    payload: {
      ...{ ...rest, action: "created", comment: written },
      issue: { ...issue, pull_request: { url: "x" } },
    },
  });
  const workspace = await workspaceWith({});
  const { outputs, durationMs, stdout } = await runAction({
    ...{ inputs, workspace, event, env: world.env },
  });
  await rm(dirname(dirname(workspace)), { recursive: true, force: true });
  const answer = world.thread.comments.at(-1)?.body ?? "";
  const isWarm = round === 0 || outputs["cache-hit"] === "true";
  if (outputs.conclusion !== "success" || !isWarm || !answer.includes(said.result)) {
    throw new Error(`${stdout}\n${answer}`);
  }
  const spans = JSON.parse(outputs.timings ?? "[]") as {
    name: string;
    start: number;
    end: number;
  }[];
  const task = spans.find(({ name }) => name === "task");
  return { all: durationMs, task: task === undefined ? Number.NaN : task.end - task.start };
}

const runs: { all: number; task: number }[] = [];
for (let round = 0; round <= rounds; round++) {
  const run = await ask(round);
  if (round > 0) runs.push(run); // the first builds the image
}
for (const stop of stops) await stop();
const part = (name: "all" | "task") => {
  const values = runs.map((run) => run[name]);
  return { median: median(values), single: values.map((value) => value.toFixed(0)).join(" ") };
};
const [all, task] = [part("all"), part("task")];
const load = loadavg()[0] ?? 0;
const busy =
  load > 3 ? " **The machine was busy with other work meanwhile**: times are too long." : "";
const text = [
  "## From a comment to its answer",
  "",
  "Somebody writes `/agent …` on a pull request, and a program that answers at once is the agent: what the action itself",
  "takes, all but the model's time. The image is in the engine, the workspace empty. Who asks is looked up, the head brought,",
  "the question, the diff and the thread read, the answer begun and ended. GitHub's API and git's server are the tests' own",
  "on the same cores, so the ways between are missing, and the servers' work is in it. *The task* is the part from the",
  "container's start to its end.",
  "",
  `Medians of ${rounds} runs; ${await describeMachine()}. Load average ${load.toFixed(1)} at the end. One command does it again: \`npm run bench:comment-to-answer\`.${busy}`,
  "",
  ...markdownTable(1, [
    ["", "median", "single figures in ms"],
    ["the process, start to exit", `${all.median.toFixed(0)} ms`, all.single],
    ["its task", `${task.median.toFixed(0)} ms`, task.single],
  ]),
].join("\n");
console.log(text);
if (!process.argv.includes("--dry")) await writeSection("comment-to-answer", text);
failOn(
  all.median < allowedMs
    ? []
    : [`an answer in ${allowedMs} ms: it takes ${all.median.toFixed(0)} ms`],
);
