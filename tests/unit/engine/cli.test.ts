import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { beforeAll, describe, expect, it } from "vitest";
import { isAlive } from "../../../scripts/shell.ts";
import { ask, askLimitMs } from "../../../src/engine/ask.ts";
import { dockerCli } from "../../../src/engine/cli.ts";
import { NoDocker } from "../../../src/engine/trouble.ts";
import { sink } from "../fakes.ts";
import { workspace } from "../settings/workspace.ts";

/** A `docker` that does what its first argument says. */
const stub = `#!/bin/bash
case $1 in
  say) printf 'out\\n\\n'; printf 'err\\n' >&2; exit "$2" ;;
  args) shift; printf '<%s>' "$@" ;;
  value) printf '%s' "$SECRET" ;;
  cat) cat; echo "read" >&2 ;;
  stuck) exec sleep 3 ;;
  close) exec <&-; exit 4 ;;
  hang) sleep 60 & echo $! >"$2"; wait ;;
  stubborn) trap '' TERM; echo ready; sleep 60 & wait; sleep 60 ;;
esac
`;
const path = process.env.PATH;
let env: NodeJS.ProcessEnv;

beforeAll(() => {
  const folder = workspace({ docker: stub });
  chmodSync(join(folder, "docker"), 0o755);
  env = { PATH: `${folder}:${path}` };
});

describe("a short docker command", () => {
  it("answers with its code and both streams", async () => {
    expect(await dockerCli(env).ask("say", "3")).toEqual({ code: 3, stdout: "out", stderr: "err" });
  });

  it("gets its arguments as they are: no shell reads them", async () => {
    const odd = ["a b", "$HOME", '"', "'", ";ls", "*", "", "--x=é\n"];
    const { stdout } = await dockerCli(env).ask("args", ...odd);
    expect(stdout).toBe(odd.map((word) => `<${word}>`).join(""));
  });

  it("is told before it starts", async () => {
    const told: (readonly string[])[] = [];
    await dockerCli(env, (args) => void told.push(args)).ask("say", "0");
    expect(told).toEqual([["say", "0"]]);
  });
});

describe("a short docker command of an engine that hangs", () => {
  it("is not waited for longer than its limit, and that is its answer", async () => {
    expect(await ask("docker", ["stuck"], env, 200)).toEqual({
      code: 124,
      stdout: "",
      stderr: "it took longer than 0 s and was ended",
    });
  });

  it.each([
    ["version", 1],
    ["info", 1],
    ["create", 10],
    ["rm", 10],
    ["run", 60],
    ["exec", 60],
  ])("%s has %d min", (verb, minutes) => {
    expect(askLimitMs([verb, "x"])).toBe(minutes * 60_000);
  });
});

describe("a long docker command", () => {
  it("has streams, and an environment for itself alone", async () => {
    const output = sink();
    const docker = dockerCli(env);
    const running = docker.start(["cat"], {
      output: output.stream,
      input: Readable.from(["hello "]),
    });
    expect(await running.done).toEqual({ code: 0, signal: null });
    expect(output.text()).toBe("hello read\n");
    const secret = sink();
    await docker.start(["value"], { stdout: secret.stream, env: { SECRET: "s3cret" } }).done;
    expect(secret.text()).toBe("s3cret");
    expect(output.stream.writableEnded).toBe(false);
  });

  it("may end without reading its input", async () => {
    const input = Readable.from(Array.from({ length: 100 }, () => "x".repeat(65_536)));
    expect(await dockerCli(env).start(["close"], { input }).done).toEqual({
      code: 4,
      signal: null,
    });
  });

  it("does not wait for a stream that nobody reads", async () => {
    expect((await dockerCli(env).start(["say", "0"]).done).code).toBe(0);
  });

  it("is ended with all that it started", async () => {
    const note = join(workspace(), "pid");
    writeFileSync(note, "");
    const running = dockerCli(env).start(["hang", note]);
    const pid = () => Number(readFileSync(note, "utf8"));
    await expect.poll(pid, { timeout: 20_000 }).toBeGreaterThan(0);
    expect(await isAlive(pid())).toBe(true);
    expect((await running.end(20_000)).signal).toBe("SIGTERM");
    await expect.poll(() => isAlive(pid())).toBe(false);
  });

  it("that does not listen is killed after its time of grace, and ending it twice is no error", async () => {
    const output = sink();
    const running = dockerCli(env).start(["stubborn"], { output: output.stream });
    while (output.text() === "") await new Promise((resolve) => setTimeout(resolve, 10));
    const began = performance.now();
    expect((await running.end(100)).signal).toBe("SIGKILL");
    expect(performance.now() - began).toBeGreaterThanOrEqual(95);
    expect((await running.end(100)).signal).toBe("SIGKILL");
  });
});

describe("a machine without docker", () => {
  it("is told what to install", async () => {
    const docker = dockerCli({ PATH: "/nowhere" });
    await expect(docker.ask("version")).rejects.toThrow(NoDocker);
    await expect(docker.start(["build"]).done).rejects.toThrow(/install Docker/);
  });
});
