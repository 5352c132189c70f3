/**
 * What the action adds to a warm start of an agent: from the start of its container until its tool is reached, by the
 * action and by hand (`docker start` of a container of the same image that notes the time), in turns.
 * Run: npm run bench:agent-start
 */
import { randomBytes } from "node:crypto";
import { run } from "../scripts/shell.ts";
import { startAnthropic } from "../tests/harness/models/anthropic.ts";
import { runAction } from "../tests/harness/runner.ts";
import {
  BARE_IMAGE,
  bridgeAddress,
  ensureBareImage,
} from "../tests/integration/support/bare-image.ts";

const rounds = 9;
const allowedMs = 150;

await ensureBareImage();
const model = await startAnthropic({ host: await bridgeAddress() });
const inputs = {
  pull: "never",
  "base-image": BARE_IMAGE,
  agent: "claude",
  "agent-version": "2.1.332",
  prompt: "Write the answer into answer.txt",
  env: `ANTHROPIC_API_KEY=sk-ant-stand-in\nANTHROPIC_BASE_URL=${model.url}`,
};

interface Span {
  name: string;
  start: number;
  end: number;
}

async function byAction(): Promise<number> {
  const result = await runAction({ inputs });
  if (result.outputs.conclusion !== "success") throw new Error(result.stdout);
  const spans = JSON.parse(result.outputs.timings ?? "[]") as Span[];
  const reached = spans.find(({ name }) => name === "reach the command");
  return reached === undefined ? Number.NaN : reached.end - reached.start;
}

async function byHand(image: string): Promise<number> {
  const name = `agent-runner-bench-${randomBytes(4).toString("hex")}`;
  const command = ["--entrypoint=bash", image, "-c", "date +%s%3N"];
  await run("docker", ["create", "--init", "--name", name, ...command]);
  const startedAt = Date.now();
  const noted = await run("docker", ["start", "--attach", name]);
  await run("docker", ["rm", "--force", name]);
  return Number(noted.trim()) - startedAt;
}

const warm = await runAction({ inputs });
const image = warm.outputs.image ?? "";
const times = { action: [] as number[], hand: [] as number[] };
for (let round = 0; round < rounds; round++) {
  times.hand.push(await byHand(image));
  times.action.push(await byAction());
}
await model.stop();
const median = (values: number[]) =>
  values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? 0;
const [action, hand] = [median(times.action), median(times.hand)];
console.log(`by the action: ${times.action.join(" ")}, median ${action} ms`);
console.log(`by hand:       ${times.hand.join(" ")}, median ${hand} ms`);
console.log(`the action adds ${action - hand} ms; at most ${allowedMs} are allowed`);
process.exitCode = action - hand > allowedMs ? 1 : 0;
