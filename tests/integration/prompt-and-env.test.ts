import { createHash, randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { run } from "../../scripts/shell.ts";
import { dockerLog } from "../harness/docker-log.ts";
import { runAction, startAction } from "../harness/runner.ts";
import { TOKEN } from "../harness/runner-env.ts";
import { act, messages, printed, ran, withBase } from "./support/act.ts";
import { workspaceWith } from "./support/workspace.ts";

const sha256 = (bytes: Buffer | string) => createHash("sha256").update(bytes).digest("hex");

test("a prompt of 1 MB that looks like an option arrives byte for byte", async () => {
  const noise = Array.from({ length: 1_000_000 }, (_, index) =>
    String.fromCharCode(32 + ((index * 7919) % 95)),
  );
  const prompt = `--help\n\u{1f600} "quoted" $(not run) \\ \r\n${noise.join("")}\n\n`;
  const docker = await dockerLog();
  const workspace = await workspaceWith({ "prompt.md": prompt });
  const inputs = { "prompt-file": "prompt.md", command: "sha256sum" };
  const result = await act(inputs, { workspace, env: docker.env });
  expect(result.transcript).toBe(`${sha256(prompt)}  -\n`);
  expect((await docker.commands()).flat().join(" ")).not.toContain("not run");
});

test("a prompt in the workflow arrives as it stands, blanks and all", async () => {
  const prompt = "  --flag\n\n  two lines, and an end without a line end  ";
  const result = await act({ prompt, command: "sha256sum" });
  expect(result.transcript).toBe(`${sha256(prompt)}  -\n`);
});

test("binary bytes in a prompt file stay what they are", async () => {
  const bytes = Buffer.concat([Buffer.from([0, 255, 254, 13, 10]), randomBytes(1000)]);
  const workspace = await workspaceWith({ prompt: bytes });
  const result = await act({ "prompt-file": "prompt", command: "sha256sum" }, { workspace });
  expect(result.transcript).toBe(`${sha256(bytes)}  -\n`);
});

test("without a prompt there is nothing to read", async () => {
  const result = await act({ command: "echo task: $(wc -c)" });
  expect(printed(result)).toEqual(["task: 0"]);
});

test("values of `env` arrive as they are, and none of them is the docker CLI's", async () => {
  const odd = "one \"two\" 'three' $HOME `id` \\ \n\nfour\té=\u{1f600}\n";
  const result = await act(
    {
      env: [
        "ODD",
        "EMPTY=",
        "EQUALS=a=b",
        "HOME=/tmp",
        "DOCKER_HOST=tcp://127.0.0.1:9",
        "SPACE= a ",
      ].join("\n"),
      command: [
        "printf %s \"$ODD\" | sha256sum | sed 's/^/task: /'",
        'echo "task: [$EMPTY][${EMPTY+set}][$EQUALS][$HOME][$DOCKER_HOST]"',
      ].join("\n"),
    },
    { env: { ODD: odd } },
  );
  expect(printed(result)).toEqual([
    `task: ${sha256(odd)}  -`,
    "task: [][set][a=b][/tmp][tcp://127.0.0.1:9]",
  ]);
  expect(messages(result, "warning")).toEqual([]);
});

test("a value that is not set is a warning, and not an empty value", async () => {
  const result = await act({ env: "NOT_SET", command: 'echo "task: ${NOT_SET-unset}"' });
  expect(printed(result)).toEqual(["task: unset"]);
  expect(messages(result, "warning")).toEqual([expect.stringContaining("NOT_SET")]);
});

test("a secret value stands in no argv, in no file of the host and in none of the container", async () => {
  const secret = `s3cret-${randomBytes(12).toString("hex")}`;
  const docker = await dockerLog();
  const action = await startAction({
    inputs: withBase({
      env: "API_KEY",
      "run-preflight":
        'grep -rlF --exclude-dir=sys --exclude-dir=proc -- "$API_KEY" /run /tmp /etc || echo task: in no file',
      command:
        'echo "task: $(printf %s "$API_KEY" | sha256sum)"\necho ready\nuntil test -e go; do sleep 0.1; done',
    }),
    env: { ...docker.env, API_KEY: secret },
  });
  await action.waitFor(/^ready$/m);
  const seen = await run("docker", ["inspect", ...(await namesIn(await docker.commands()))]);
  expect(seen).not.toContain(secret);
  await run("touch", [`${action.workspace}/go`]);
  const result = await ran(await action.finish());
  expect(printed(result)).toEqual(["task: in no file", `task: ${sha256(secret)}  -`]);
  expect((await docker.commands()).flat().join("\n")).not.toContain(secret);
  expect(result.masks).toContain(secret);
  expect(result.log).not.toContain(secret);
  await expect(run("grep", ["-rlF", "--", secret, result.temp])).rejects.toThrow("exit code 1");
});

test("the runner's tokens and its files do not enter the container", async () => {
  const secret = randomBytes(12).toString("hex");
  const result = await runAction({
    inputs: withBase({
      command: "env -0 | tr '\\0\\n' '\\n '; ls -la /var/run/docker.sock || true",
    }),
    env: {
      ACTIONS_RUNTIME_TOKEN: secret,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: secret,
      GITHUB_TOKEN: secret,
    },
  });
  const text = await readFile(result.outputs["transcript-path"] ?? "", "utf8");
  expect(text).toMatch(/^GITHUB_SHA=0123456789abcdef/m);
  expect(text).toMatch(/^GITHUB_WORKSPACE=\/workspace$/m);
  expect(text).toMatch(/^AGENTS_RUNNER_TASK_ID=./m);
  expect(text).not.toContain(secret);
  expect(text).not.toContain(TOKEN);
  expect(text).not.toMatch(/^(?:INPUT_|ACTIONS_|GITHUB_(?:OUTPUT|ENV|STATE|PATH|STEP_SUMMARY)=)/m);
  expect(text).toContain("No such file");
});

/** The containers that commands made. */
async function namesIn(commands: string[][]): Promise<string[]> {
  const words = commands.filter(([first]) => first === "create").flat();
  return words.flatMap((word) => /^--name=(.+)$/.exec(word)?.[1] ?? []);
}
