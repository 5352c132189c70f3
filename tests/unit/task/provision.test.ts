import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ContainerTrouble } from "../../../src/engine/trouble.ts";
import type { Content } from "../../../src/layers/content.ts";
import { createRedactor } from "../../../src/log/redactor.ts";
import { createTimeline } from "../../../src/log/timeline.ts";
import type { Container, ExecOptions } from "../../../src/task/container.ts";
import { provision, provisionEntries, ScriptFailed } from "../../../src/task/provision.ts";
import { TaskOutput } from "../../../src/task/task-output.ts";
import { desktopContent, envContent, untrustedSink } from "../fakes.ts";
import { workspace } from "../settings/workspace.ts";

interface Ran {
  script: string;
  user: string | undefined;
}

/** Provisions with a container in which the named scripts end with these codes. */
async function provisioned(
  missing: Content[],
  codes: Record<string, number> = {},
  imageUser = "",
  still: string[] = ["/etc", "/run/secrets", "/run/secrets/another"],
) {
  const ran: Ran[] = [];
  const removed: (readonly string[])[] = [];
  const optional: string[] = [];
  const container = {
    async exec(argv: readonly string[], { user, variables }: ExecOptions) {
      if (argv[2]?.startsWith("rm -rf")) {
        removed.push([...argv.slice(4), `as ${user}`]);
        return { code: codes["rm -rf"] ?? 0 };
      }
      const script = /build\/(\S+) <\/dev\/null$/.exec(argv.at(-1) ?? "")?.[1] ?? "";
      ran.push({ script, user });
      expect(variables?.get("HTTPS_PROXY")).toBe("http://proxy.example");
      return { code: codes[script] ?? 0, tail: codes[script] ? "the key s3cret is wrong" : "" };
    },
    changed: async () => still,
  } as unknown as Container;
  const error = await provision(container, {
    missing,
    secrets: ["npm"],
    imageUser,
    proxies: new Map([["HTTPS_PROXY", "http://proxy.example"]]),
    redact: (text) => text.replaceAll("s3cret", "***"),
    timeline: createTimeline(),
    output: new TaskOutput(() => undefined, untrustedSink(), createRedactor()),
    signal: new AbortController().signal,
    onOptionalFailure: ({ message }) => void optional.push(message),
  }).catch((thrown: unknown) => thrown);
  return { ran, removed, optional, error };
}

describe("installing at task start what no image provides", () => {
  it("runs desktop install, setup and cached preflight in this order, then leaves no trace", async () => {
    const { ran, removed, error } = await provisioned([desktopContent, envContent]);
    expect(error).toBeUndefined();
    expect(ran.map(({ script }) => script)).toEqual([
      "install.sh",
      "setup.sh",
      "cached-preflight.sh",
    ]);
    expect(removed).toEqual([
      [
        "/run/agent-runner/build",
        "/tmp/agents-cached-files",
        "/run/agent-runner/ca-certificates.crt",
        "/run/secrets/npm",
        "as 0",
      ],
    ]);
  });

  it("lets no task start where what it needed, secrets among it, could not be removed", async () => {
    const { error } = await provisioned([envContent], { "rm -rf": 126 });
    expect(error).toBeInstanceOf(ContainerTrouble);
    expect(String(error)).toMatch(/could not be removed.*126/);
  });

  it("lets no task start where the engine still sees a secret, whatever the image's rm said", async () => {
    const { error } = await provisioned([envContent], {}, "", ["/run/secrets", "/run/secrets/npm"]);
    expect(error).toBeInstanceOf(ContainerTrouble);
    expect(String(error)).toMatch(/still in the container: \/run\/secrets\/npm$/);
  });

  it("runs as the image's own user, where the task runs as another", async () => {
    const { ran } = await provisioned([envContent], {}, "builder");
    expect(ran).toEqual([{ script: "cached-preflight.sh", user: "builder" }]);
  });

  it("runs no script that is absent", async () => {
    const scripts = desktopContent.scripts.map((one) =>
      one.component === "setup" ? { ...one, text: "" } : one,
    );
    const { ran } = await provisioned([{ ...desktopContent, scripts }]);
    expect(ran.map(({ script }) => script)).toEqual(["install.sh"]);
  });

  it("ends with the script that failed, by its name, and runs no further one", async () => {
    const { ran, error } = await provisioned([desktopContent, envContent], { "install.sh": 3 });
    expect(ran.map(({ script }) => script)).toEqual(["install.sh"]);
    expect(error).toBeInstanceOf(ScriptFailed);
    const message = "the install script failed with exit code 3: the key *** is wrong";
    expect(error).toMatchObject({ message, code: 3 });
  });

  it("goes on without an optional desktop", async () => {
    const missing = [{ ...desktopContent, optional: true }, envContent];
    const { ran, optional, error } = await provisioned(missing, { "install.sh": 3 });
    expect(error).toBeUndefined();
    expect(ran.map(({ script }) => script)).toEqual(["install.sh", "cached-preflight.sh"]);
    expect(optional).toEqual([
      expect.stringMatching(/^the install script failed with exit code 3/),
    ]);
  });
});

describe("what is copied in for it", () => {
  it("is scripts, cached files read-only where a build would have them, and secrets", async () => {
    const folder = workspace({ lock: "raw\r\n", tool: "x" });
    const of = (path: string, name: string, mode: "644" | "755") => ({
      path,
      mode,
      sha256: "",
      source: join(folder, name),
    });
    const files = [of("a/b.lock", "lock", "644"), of("tool", "tool", "755")];
    const entries = await provisionEntries(
      [{ ...envContent, files }],
      new Map([["npm", "s3cret"]]),
    );
    expect(
      entries.map(({ path, content, mode }) => [path, content.toString(), mode.toString(8)]),
    ).toEqual([
      ["/run/agent-runner/build/cached-preflight.sh", "prepare\n", "644"],
      ["/tmp/agents-cached-files/a/b.lock", "raw\r\n", "444"],
      ["/tmp/agents-cached-files/tool", "x", "555"],
      ["/run/secrets/npm", "s3cret", "444"],
    ]);
  });

  it("is nothing where nothing is missing", async () => {
    expect(await provisionEntries([], new Map())).toEqual([]);
  });
});
