import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { buildArgv } from "../../../src/build/argv.ts";
import { type BuilderOptions, BuildFailed, layerBuilder } from "../../../src/build/build.ts";
import { whyItFailed } from "../../../src/build/why-it-failed.ts";
import type { Ended } from "../../../src/engine/cli.ts";
import { createRedactor } from "../../../src/log/redactor.ts";
import { ended, envContent, fakeDocker, layersOf, only, sink } from "../fakes.ts";
import { workspace } from "../settings/workspace.ts";

const layer = only(layersOf(envContent));
const parent = { reference: "debian@sha256:1", anywhere: true };
const options = {
  context: "/tmp/context",
  builder: "default",
  platform: undefined,
  secrets: [],
  certificates: undefined,
  proxies: [],
  noCache: false,
  destination: { kind: "engine" },
} as const;

describe("the argv of a build", () => {
  it("builds with the given builder into the engine, without attestations", () => {
    const argv = buildArgv.buildx(layer, options);
    expect(argv.slice(0, 4)).toEqual(["buildx", "build", "--builder", "default"]);
    expect(argv).toEqual(expect.arrayContaining(["--load", "--provenance=false", "--sbom=false"]));
    expect(argv.slice(-3)).toEqual(["--tag", layer.reference, "/tmp/context"]);
    expect(argv).not.toContain("--platform");
    expect(argv).not.toContain("--no-cache");
    expect(argv).not.toContain("--push");
  });

  it("labels the image with all that verifies it", () => {
    const argv = buildArgv.buildx(layer, options);
    const labels = argv.filter((_, index) => argv[index - 1] === "--label");
    expect(labels).toEqual(Object.entries(layer.labels).map(([name, value]) => `${name}=${value}`));
    expect(labels).toContain(`io.agent-runner.key=${layer.key}`);
  });

  it("names secrets by id and variable, never by value", () => {
    // the real thing has the value beside them
    const secrets = [{ id: "npm", variable: "NPM_TOKEN", value: "hunter2" }];
    const argv = buildArgv.buildx(layer, { ...options, secrets });
    expect(argv[argv.indexOf("--secret") + 1]).toBe("id=npm,env=NPM_TOKEN");
    expect(argv.join(" ")).not.toContain("hunter2");
  });

  it("names proxies by their variables, and the certificates by a file of ours", () => {
    const certificates = "/tmp/a,b.crt";
    const argv = buildArgv.buildx(layer, { ...options, certificates, proxies: ["HTTPS_PROXY"] });
    expect(argv[argv.indexOf("--build-arg") + 1]).toBe("HTTPS_PROXY");
    expect(argv[argv.indexOf("--secret") + 1]).toBe('id=agent-runner-ca,"src=/tmp/a,b.crt"');
  });

  it("sends the result straight to a registry where it is told to", () => {
    const destination = { kind: "registry", name: "ghcr.io/o/n/agent-runner-env" } as const;
    const argv = buildArgv.buildx(layer, { ...options, destination });
    expect(argv).toContain("--push");
    expect(argv).not.toContain("--load");
    expect(argv[argv.indexOf("--tag") + 1]).toBe(`ghcr.io/o/n/agent-runner-env:${layer.key}`);
  });

  it("names platform and --no-cache where they are asked for", () => {
    const argv = buildArgv.buildx(layer, { ...options, platform: "linux/arm64", noCache: true });
    expect(argv[argv.indexOf("--platform") + 1]).toBe("linux/arm64");
    expect(argv).toContain("--no-cache");
  });
});

describe("the argv of a build by podman", () => {
  const all = {
    ...options,
    platform: "linux/arm64",
    secrets: [{ id: "npm", variable: "NPM_TOKEN" }],
    certificates: "/tmp/a.crt",
    proxies: ["HTTPS_PROXY"],
    labels: { more: "1" },
  };
  const labels = [
    "more=1",
    ...Object.entries(layer.labels).map(([name, value]) => `${name}=${value}`),
  ];
  const shared = [
    ...["--build-arg", "HTTPS_PROXY", ...labels.flatMap((label) => ["--label", label])],
    ...["--tag", layer.reference, "/tmp/context"],
  ];

  it("keeps no step, which would be taken for one with another script", () => {
    expect(buildArgv.podman(layer, all)).toEqual([
      ...["build", "--format=docker", "--layers=false", "--pull=missing"],
      ...["--security-opt=label=disable", "--platform", "linux/arm64"],
      ...["--secret", "id=npm,env=NPM_TOKEN", "--secret", "id=agent-runner-ca,src=/tmp/a.crt"],
      ...shared,
    ]);
  });

  it("by its API has no secrets, and takes no step from a cache", () => {
    expect(buildArgv["podman's API"](layer, all)).toEqual([
      ...["build", "--no-cache", "--platform", "linux/arm64", ...shared],
    ]);
  });
});

describe("a build", () => {
  const builderOf = (docker: BuilderOptions["cli"], more: Partial<BuilderOptions> = {}) => {
    const temp = workspace();
    const builder = layerBuilder({
      cli: docker,
      builds: async () => "buildx",
      engineContext: "default",
      choose: async () => ({ name: "default", seesEngine: true }),
      login: async () => {},
      notice: () => {},
      pushTo: undefined,
      platform: undefined,
      basePlatform: { os: "linux", architecture: "amd64" },
      limitMs: 5_000,
      temp,
      cacheVersion: undefined,
      secrets: [],
      certificates: undefined,
      proxies: new Map(),
      redact: (text) => text,
      noCache: false,
      signal: new AbortController().signal,
      ...more,
    });
    return builder;
  };

  it("uses the builder it is told, and removes its context", async () => {
    let dockerfile = "";
    let context = "";
    const docker = fakeDocker(
      () => undefined,
      (args) => {
        context = args.at(-1) ?? "";
        dockerfile = readFileSync(join(context, "Dockerfile"), "utf8");
        return ended(0);
      },
    );
    await builderOf(docker).build(layer, parent, sink().stream);
    expect(only(docker.calls).slice(2, 4)).toEqual(["--builder", "default"]);
    expect(dockerfile).toMatch(/^FROM debian@sha256:1\n/);
    expect(existsSync(context)).toBe(false);
  });

  it.each([
    ["a parent that only this engine has", false, "default", 1],
    ["a parent that any builder can fetch", true, "remote", 0],
  ])("on %s by a builder that sees no engine", async (_what, anywhere, name, notices) => {
    const told: string[] = [];
    const docker = fakeDocker(
      () => undefined,
      () => ended(0),
    );
    const builder = builderOf(docker, {
      engineContext: "default",
      choose: async () => ({ name: "remote", seesEngine: false }),
      notice: (message) => void told.push(message),
    });
    await builder.build(layer, { reference: "parent:1", anywhere }, sink().stream);
    expect(only(docker.calls).slice(2, 4)).toEqual(["--builder", name]);
    expect(told).toHaveLength(notices);
  });

  it("that fails says its last line, and keeps the tail", async () => {
    const docker = fakeDocker(
      () => undefined,
      (_args, { output }) => {
        output?.write("#5 RUN\nE: no such package\n\n");
        return ended(1);
      },
    );
    const output = sink();
    const error = await builderOf(docker)
      .build(layer, parent, output.stream)
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(BuildFailed);
    expect((error as BuildFailed).message).toBe("E: no such package");
    expect((error as BuildFailed).tail).toContain("#5 RUN");
    expect(output.text()).toContain("E: no such package");
    expect(existsSync(only(docker.calls).at(-1) ?? "")).toBe(false);
  });

  it.each([
    [
      "a full disk, by the builder",
      "#5 RUN\nERROR: failed to solve: write /var/lib/x: no space left on device\nView build details: x\n",
      /^ERROR: failed to solve: write .*device; free space/,
    ],
    [
      "a full disk, by the script",
      '#7 1.2 E: write error - No space left on device\n#7 ERROR: process "bash /run/agent-runner/build/cached-preflight.sh" did not complete successfully: exit code: 100\n',
      /^the cached preflight failed with exit code 100: E: write error.*; free space/,
    ],
    [
      "no QEMU",
      '#6 0.210 exec /bin/bash: exec format error\n#6 ERROR: process "bash /run/agent-runner/build/cached-preflight.sh" did not complete successfully: exit code: 1\n',
      /^exec \/bin\/bash: exec format error; .*setup-qemu-action/,
    ],
    [
      "a foreign program that the script runs",
      '#6 0.2 bash: line 1: ./x: cannot execute binary file: Exec format error\n#6 ERROR: process "bash /run/agent-runner/build/cached-preflight.sh" did not complete successfully: exit code: 126\n',
      /^the cached preflight failed with exit code 126: bash: .*error$/,
    ],
    [
      "no buildx",
      "unknown flag: --builder\nSee 'docker --help'.\n",
      /--builder; install the buildx/,
    ],
    [
      "a command of the user's",
      'ERROR: failed to solve: process "/bin/sh -c grep denied x" did not complete successfully: exit code: 1\n',
      /exit code: 1$/,
    ],
  ])("that fails says what to do about it: %s", async (_, said, expected) => {
    expect(whyItFailed(layer, said)).toMatch(expected);
  });

  const step = (text: string) => `STEP 2/3: RUN --mount=type=bind,source=${text} ["bash"]`;
  const status = (text: string, code: number) =>
    `building at STEP "RUN --mount=type=bind,source=${text},target=/run/agent-runner/build/${text} bash": while running runtime: exit status ${code}`;
  it.each([
    [
      "podman",
      `${step("cached-preflight.sh")}\nsome\nwords\nError: ${status("cached-preflight.sh", 3)}`,
    ],
    [
      "the API",
      `DEPRECATED: x\n${step("cached-preflight.sh")}\nsome\nwords\n${status("cached-preflight.sh", 3)}\n`,
    ],
    ["the API, its words cut", `words\n${status("cached-preflight.sh", 3)}`],
  ])("by %s that fails names the script with its own last words", (_, said) => {
    const label = only(layer.content.scripts).label;
    expect(whyItFailed(layer, said)).toMatch(/failed with exit code 3: (?:some\W+)?words$/);
    expect(whyItFailed(layer, said).startsWith(label)).toBe(true);
  });

  it("by podman's API takes no build secrets, and says what does", async () => {
    const secrets = [{ id: "npm", variable: "NPM_TOKEN", value: "hunter2" }];
    const docker = fakeDocker(() => undefined);
    const building = builderOf(docker, { builds: async () => "podman's API", secrets });
    await expect(building.build(layer, parent, sink().stream)).rejects.toThrow(
      /^podman's Docker API takes no build secrets; build with podman's own command/,
    );
    expect(docker.calls).toEqual([]);
  });

  it("by podman's API binds the certificates from the context, without BuildKit", async () => {
    let dockerfile = "";
    let bound = "";
    let given: Record<string, string> | undefined;
    const docker = fakeDocker(
      () => undefined,
      (args, { env }) => {
        const context = args.at(-1) ?? "";
        dockerfile = readFileSync(join(context, "Dockerfile"), "utf8");
        bound = readFileSync(join(context, "ca-certificates.crt"), "utf8");
        given = env;
        return ended(0);
      },
    );
    const builder = builderOf(docker, { builds: async () => "podman's API", certificates: "PEM" });
    await builder.build(layer, parent, sink().stream);
    expect(given).toEqual({ DOCKER_BUILDKIT: "0" });
    expect(bound).toBe("PEM");
    expect(dockerfile).toContain(
      "--mount=type=bind,source=ca-certificates.crt,target=/run/agent-runner/ca-certificates.crt ",
    );
    expect(dockerfile).not.toContain("type=secret");
  });

  it("by a builder of the user's is BuildKit's, whatever the engine is", async () => {
    const docker = fakeDocker(
      () => undefined,
      () => ended(0),
    );
    const choose = async () => ({ name: "remote", seesEngine: false });
    const builder = builderOf(docker, { builds: async () => "podman's API", choose });
    await builder.build(layer, parent, sink().stream);
    expect(only(docker.calls).slice(0, 4)).toEqual(["buildx", "build", "--builder", "remote"]);
  });

  it("that fails says no secret, not even half of one where its words were cut", async () => {
    const secret = `s3cret-${"x".repeat(190)}-end`;
    const docker = fakeDocker(
      () => undefined,
      (_args, { output }) => {
        output?.write(`E: ${secret}${"y".repeat(150)}\n`);
        return ended(1);
      },
    );
    const { redact } = createRedactor([secret]);
    const error = await builderOf(docker, { redact })
      .build(layer, parent, sink().stream)
      .catch((thrown: unknown) => thrown);
    const { message, tail } = error as BuildFailed;
    expect([message, tail]).toEqual([`E: ***${"y".repeat(150)}`, `E: ***${"y".repeat(150)}`]);
  });

  it("that hangs is ended at its limit and says so", async () => {
    let end: (how: Ended) => void = () => {};
    const done = new Promise<Ended>((resolve) => {
      end = resolve;
    });
    const docker = fakeDocker(() => undefined);
    docker.start = () => ({
      done,
      end: async () => {
        end({ code: null, signal: "SIGTERM" });
        return done;
      },
    });
    const building = builderOf(docker, { limitMs: 30 }).build(layer, parent, sink().stream);
    await expect(building).rejects.toThrow(/longer than 0\.0005 min \(`build-timeout`\)/);
  });
});
