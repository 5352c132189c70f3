import { expect, test } from "vitest";
import { dockerLog } from "../harness/docker-log.ts";
import { runAction } from "../harness/runner.ts";
import { workspaceWith } from "../integration/support/workspace.ts";

async function runWith(file: string, inputs: Record<string, string> = {}) {
  const docker = await dockerLog("stub");
  const workspace = await workspaceWith({ ".github/agent.yml": file, "prompt.md": "from a file" });
  const all = { environment: ".github/agent.yml", ...inputs };
  const result = await runAction({ inputs: all, workspace, env: docker.env });
  return { ...result, commands: await docker.commands() };
}

test("what is wrong in a file is annotated there, by its line", async () => {
  const file = [
    "# an environment",
    "base-image: debian 12",
    "command: |",
    "  true",
    "task-timeout: -1",
    "cached-preflight-file: no.sh",
    "cache-contaner-build: true",
  ].join("\n");
  const result = await runWith(file);
  const where = (line: number) => ({ level: "error", file: ".github/agent.yml", line });
  expect(result.annotations).toHaveLength(4);
  expect(result.annotations).toEqual(
    expect.arrayContaining([
      { ...where(2), message: expect.stringMatching(/^base-image: "debian 12"/) },
      { ...where(5), message: expect.stringMatching(/^task-timeout: "-1"/) },
      { ...where(6), message: expect.stringMatching(/^cached-preflight-file: "no\.sh"/) },
      {
        ...where(7),
        message: expect.stringMatching(
          /cache-contaner-build.*did you mean cache-container-build\?/,
        ),
      },
    ]),
  );
  expect(result.exitCode).toBe(1);
  expect(result.commands).toEqual([]);
});

test("a name that is like no other has no suggestion, and no setting passes unknown", async () => {
  const result = await runWith("command: true\nzzzzzzzzzzzz: 1\n");
  expect(result.annotations).toEqual([
    expect.objectContaining({ message: expect.stringMatching(/unknown setting zzzzzzzzzzzz;/) }),
  ]);
  expect(result.annotations[0]?.message).not.toContain("did you mean");
});

test("broken YAML is annotated by its line", async () => {
  const result = await runWith("command: true\nbase-image: [debian\nmode: run\n");
  expect(result.annotations[0]).toMatchObject({
    level: "error",
    file: ".github/agent.yml",
    message: expect.stringContaining("YAML"),
  });
  expect(result.annotations[0]?.line).toBeGreaterThanOrEqual(2);
  expect(result.commands).toEqual([]);
});

test("a file that is not there, or leads out of the workspace, is one error", async () => {
  for (const environment of ["no.yml", "../../etc/passwd"]) {
    const result = await runWith("command: true", { environment });
    expect(result.annotations.map(({ level }) => level)).toContain("error");
    expect(result.annotations[0]?.message).toMatch(/^environment: /);
    expect(result.commands).toEqual([]);
  }
});

test("an input wins over the file, and over the file's other way to say it", async () => {
  const file = "mode: plan\nprompt-file: prompt.md\nbase-image: not valid\npull: sometimes\n";
  const inputs = { prompt: "from the workflow", "base-image": "debian:12", pull: "never" };
  const result = await runWith(file, inputs);
  // Nothing is wrong any more, so it goes as far as the engine, which is a stub.
  expect(result.commands.length).toBeGreaterThan(0);
  expect(result.annotations.map(({ message }) => message).join()).not.toMatch(
    /prompt|base-image:|pull:/,
  );
});
