import { writeFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { run } from "../../scripts/shell.ts";
import { runLabel } from "../../src/task/container-spec.ts";
import { startAction } from "../harness/runner.ts";
import { messages, ran, salt, withBase } from "./support/act.ts";
import { containersOf, SMALL_BASE_IMAGE } from "./support/images.ts";
import { processesWith, someSeconds } from "./support/processes.ts";
import { useRegistry } from "./support/registries.ts";

const registry = useRegistry();

test("a cancelled task is asked to end, has time for it, and leaves nothing behind", async () => {
  const command = [
    "trap 'echo asked to end; sleep 1; echo tidied up; exit 0' TERM",
    "echo begun",
    `sleep ${someSeconds()} & wait`,
  ].join("\n");
  const action = await startAction({ inputs: withBase({ command }) });
  await action.waitFor(/^begun$/m);
  expect(await action.cancel()).toEqual(["SIGINT"]);
  const result = await ran(await action.finish());
  expect(result.outputs).toMatchObject({ "exit-code": "130", conclusion: "cancelled" });
  expect(result.exitCode).toBe(1);
  expect(result.transcript).toBe("begun\nasked to end\ntidied up\n");
  expect(await containersOf(label(result.state))).toEqual([]);
  expect(result.orphans).toEqual([]);
  // Commands work again: what comes after the task is not swallowed.
  expect(messages(result, "error")).toEqual([expect.stringContaining("cancelled")]);
  expect(result.post?.annotations).toEqual([]);
});

test("a task that ignores the request is killed in time", async () => {
  const seconds = someSeconds();
  const command = `trap '' TERM INT HUP\necho begun\nwhile :; do sleep ${seconds}; done`;
  const action = await startAction({ inputs: withBase({ command }) });
  await action.waitFor(/^begun$/m);
  expect(await action.cancel()).toEqual(["SIGINT"]);
  const result = await ran(await action.finish());
  expect(result.outputs).toMatchObject({ "exit-code": "130", conclusion: "cancelled" });
  expect(await containersOf(label(result.state))).toEqual([]);
  expect(await processesWith(`sleep ${seconds}`)).toEqual([]);
});

test("a cancel while a layer is built ends the build, and no task is started", async () => {
  const seconds = someSeconds();
  const inputs = {
    "cached-preflight": `echo building; sleep ${seconds}`,
    "cache-container-build": "true",
    "cache-version": salt(),
    command: "echo never",
  };
  const action = await startAction({ inputs: withBase(inputs) });
  await action.waitFor(/building$/m);
  expect(await action.cancel()).toEqual(["SIGINT"]);
  const result = await ran(await action.finish());
  expect(result.exitCode).toBe(1);
  expect(messages(result, "error")).toEqual([expect.stringContaining("cancelled")]);
  expect(result.outputs).toMatchObject({ "exit-code": "130", conclusion: "cancelled" });
  expect(result.stdout).not.toContain("never");
  // the engine ends what it was told to run once nobody waits for it
  await expect.poll(() => processesWith(`sleep ${seconds}`)).toEqual([]);
  expect(await containersOf(label(result.state))).toEqual([]);
});

test("a cancel while something is installed at task start ends that, too", async () => {
  const seconds = someSeconds();
  const inputs = { "cached-preflight": `echo installing; sleep ${seconds}`, command: "echo never" };
  const action = await startAction({ inputs: withBase(inputs) });
  await action.waitFor(/^installing$/m);
  expect(await action.cancel()).toEqual(["SIGINT"]);
  const result = await ran(await action.finish());
  expect(result.outputs).toMatchObject({ "exit-code": "130", conclusion: "cancelled" });
  expect(result.transcript).not.toContain("never");
  expect(await containersOf(label(result.state))).toEqual([]);
  expect(await processesWith(`sleep ${seconds}`)).toEqual([]);
});

test("when the main process is killed, post removes its container, and only that", async () => {
  const command = `echo begun; sleep ${someSeconds()}`;
  const [killed, other] = await Promise.all([
    startAction({ inputs: withBase({ command }) }),
    startAction({
      inputs: withBase({ command: "echo begun; until test -e go; do sleep 0.1; done" }),
    }),
  ]);
  await Promise.all([killed.waitFor(/^begun$/m), other.waitFor(/^begun$/m)]);
  killed.kill();
  const result = await killed.finish();
  expect(result.exitCode).toBe(137);
  expect(result.post).toMatchObject({ exitCode: 0 });
  expect(result.post?.annotations).toEqual([
    { level: "notice", message: expect.stringMatching(/^1 container/) },
  ]);
  expect(await containersOf(label(result.state))).toEqual([]);
  await writeFile(`${other.workspace}/go`, "");
  const survivor = await ran(await other.finish());
  expect(survivor.outputs["exit-code"]).toBe("0");
  expect(await containersOf(label(survivor.state))).toEqual([]);
});

function label(state: Record<string, string>): string {
  expect(state.runId).toMatch(/./);
  return `${runLabel}=${state.runId}`;
}

test("a cancel while the base is pulled is heard at once, and what was known is told", async () => {
  // a registry that has the base's documents, and never hands out its layers
  const { address } = registry();
  const image = `${address}/base`;
  await run("docker", ["tag", SMALL_BASE_IMAGE, image]);
  await run("docker", ["push", "--quiet", image]);
  await run("docker", ["image", "rm", image]);
  const before = registry().requests.length;
  registry().fault = ({ path, userAgent }) =>
    userAgent.startsWith("docker/") && path.includes("/manifests/") ? "hang" : undefined;
  const action = await startAction({
    inputs: { "base-image": image, command: "echo never", "required-permission": "none" },
  });
  await expect
    .poll(() =>
      registry()
        .requests.slice(before)
        .some(({ userAgent }) => userAgent.startsWith("docker/")),
    )
    .toBe(true);
  expect(await action.cancel()).toEqual(["SIGINT"]);
  const result = await ran(await action.finish());
  expect(messages(result, "error")).toEqual([expect.stringContaining("cancelled")]);
  expect(result.outputs).toMatchObject({
    "exit-code": "130",
    conclusion: "cancelled",
    "base-digest": expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
  });
});
