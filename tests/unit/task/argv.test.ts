import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createArgv, mountSpec } from "../../../src/engine/create-argv.ts";
import {
  type ContainerOptions,
  containerSpec,
  firstContainerSpec,
} from "../../../src/task/container-spec.ts";
import { contextVariables } from "../../../src/task/context.ts";
import { type StartOptions, startOptions } from "../../../src/task/start-script.ts";

const settings: ContainerOptions["settings"] = {
  "container-workdir": "/workspace",
  mounts: [],
  cpus: undefined,
  network: undefined,
  platform: undefined,
};
const options: ContainerOptions = {
  name: "agent-runner-1",
  runId: "1",
  image: "sha256:abc",
  workspace: { source: "/home/runner/work", sentinel: "/tmp/sentinel" },
  user: undefined,
  desktop: false,
  volumesFrom: undefined,
  box: { capabilities: ["CHOWN"], noNewPrivileges: true, pidsLimit: 7, memory: undefined },
  settings,
};

const argvOf = (wish: ContainerOptions) => createArgv(containerSpec(wish));

describe("the container's argv", () => {
  it("is this, without any wish", () => {
    const argv = argvOf(options);
    // how it finds out whether the engine shares the runner's files is not the contract's
    expect(argv.filter((word) => !word.includes("sentinel"))).toEqual([
      "--pull=never",
      "--log-driver=none",
      "--init",
      "--name=agent-runner-1",
      "--label=io.agent-runner.run=1",
      "--entrypoint=bash",
      "--workdir=/workspace",
      "--mount=type=bind,source=/home/runner/work,target=/workspace",
      "--cap-drop=ALL",
      "--cap-add=CHOWN",
      "--security-opt=no-new-privileges",
      "--pids-limit=7",
      "sha256:abc",
      "--noprofile",
      "--norc",
      "/run/agent-runner/start.sh",
    ]);
  });

  it("has what was wished for, each before the image", () => {
    const argv = argvOf({
      ...options,
      user: "1000:1000",
      desktop: true,
      volumesFrom: "first",
      box: { capabilities: [], noNewPrivileges: false, pidsLimit: 7, memory: "4g" },
      settings: {
        ...settings,
        network: "none",
        mounts: ["type=tmpfs,target=/a", "type=volume,target=/b"],
        cpus: "1.5",
        platform: "linux/arm64",
      },
    });
    const wished = argv.slice(0, argv.indexOf("sha256:abc"));
    expect(wished).toEqual(
      expect.arrayContaining([
        "--user=1000:1000",
        "--network=none",
        "--cap-drop=ALL",
        "--volumes-from=first",
        "--mount=type=tmpfs,target=/a",
        "--mount=type=volume,target=/b",
        "--cpus=1.5",
        "--memory=4g",
        "--platform=linux/arm64",
      ]),
    );
  });

  it("publishes noVNC on loopback only, and only with a desktop", () => {
    const published = (desktop: boolean) =>
      argvOf({ ...options, desktop }).filter((word) => word.startsWith("--publish"));
    expect(published(false)).toEqual([]);
    expect(published(true)).toEqual(["--publish=127.0.0.1::6080"]);
  });

  it("has no value of the environment and no -v, -e or --env-file", () => {
    expect(argvOf(options).filter((word) => /^(?:-v|--volume|-e|--env)/.test(word))).toEqual([]);
  });

  it("has the task's own repository folder over the real one, and that for reading alone", () => {
    const shared = { source: "/work", sentinel: "/s" };
    const git = { source: "/run/git", at: ".git", readonly: false, borrowed: "/work/.git" };
    const mounts = (own: typeof git | (Omit<typeof git, "borrowed"> & { borrowed: undefined })) =>
      argvOf({ ...options, workspace: { ...shared, git: own } }).filter((word) =>
        word.includes("git"),
      );
    expect(mounts(git)).toEqual([
      "--mount=type=bind,source=/run/git,target=/workspace/.git",
      "--mount=type=bind,source=/work/.git,target=/run/agent-runner-git,readonly",
    ]);
    expect(mounts({ ...git, source: "/work/.git", readonly: true, borrowed: undefined })).toEqual([
      "--mount=type=bind,source=/work/.git,target=/workspace/.git,readonly",
    ]);
  });

  it("has a mount for each folder above a repository's, which could be moved from under it", () => {
    const git = { source: "/run/git", at: "a/b/git", readonly: false, borrowed: undefined };
    const workspace = { source: "/work", sentinel: "/s", git };
    expect(
      argvOf({ ...options, workspace }).filter((word) => /target=.workspace/.test(word)),
    ).toEqual([
      "--mount=type=bind,source=/work,target=/workspace",
      "--mount=type=bind,source=/work/a,target=/workspace/a",
      "--mount=type=bind,source=/work/a/b,target=/workspace/a/b",
      "--mount=type=bind,source=/run/git,target=/workspace/a/b/git",
    ]);
  });

  it("keeps a workspace with odd characters one mount", () => {
    const argv = argvOf({ ...options, workspace: { source: '/work/a,b="c"', sentinel: "/s" } });
    const mount = argv.find((word) => word.startsWith("--mount=")) ?? "";
    expect(parseCsv(mount.slice("--mount=".length))).toEqual([
      "type=bind",
      'source=/work/a,b="c"',
      "target=/workspace",
    ]);
  });
});

describe("the first container's argv", () => {
  const first = (network: string | undefined) =>
    createArgv(
      firstContainerSpec({
        name: "first",
        runId: "1",
        image: "sha256:abc",
        settings: { network, platform: undefined },
      }),
    );

  it("has a build's rights, the engine's own, and nothing of the task's", () => {
    expect(first(undefined)).toEqual([
      "--pull=never",
      "--log-driver=none",
      "--name=first",
      "--label=io.agent-runner.run=1",
      "--entrypoint=bash",
      "--interactive",
      "sha256:abc",
      "--noprofile",
      "--norc",
      "-c",
      "read -r",
    ]);
  });

  it("has a network, since what is installed comes from somewhere", () => {
    expect(first("mine")).toContain("--network=mine");
    expect(first("none").filter((word) => word.startsWith("--network"))).toEqual([]);
  });
});

/** One record as Go's encoding/csv reads it, which the docker CLI uses for --mount. */
function parseCsv(text: string): string[] {
  const fields: string[] = [];
  let rest = text;
  for (;;) {
    const quoted = /^"((?:[^"]|"")*)"/.exec(rest);
    const field = quoted?.[0] ?? /^[^,\n]*/.exec(rest)?.[0] ?? "";
    // a bare quote in a field without quotes is an error of Go's reader
    if (quoted === null && field.includes('"')) throw new Error(`bare " in ${field}`);
    fields.push(quoted?.[1]?.replaceAll('""', '"') ?? field);
    rest = rest.slice(field.length);
    if (rest === "") return fields;
    if (!rest.startsWith(",")) throw new Error(`no comma before ${rest}`);
    rest = rest.slice(1);
  }
}

describe("mountSpec", () => {
  it("is read by the CLI as it was meant, whatever the values are", () => {
    const value = fc.string({
      unit: fc.constantFrom("a", "/", ",", '"', "=", " ", "\n", "é", "'", "\\"),
    });
    fc.assert(
      fc.property(value, value, (source, target) => {
        expect(parseCsv(mountSpec({ type: "bind", source, target }))).toEqual([
          "type=bind",
          `source=${source}`,
          `target=${target}`,
        ]);
      }),
    );
  });
});

describe("the start script's options", () => {
  const given = {
    stages: ["a", "b"],
    hasPrompt: true,
    desktop: "optional",
    mark: "mark",
    certificates: ["SSL_CERT_FILE", "PIP_CERT"],
    sessions: ".claude/projects",
    hasOtherWay: true,
  } as const;
  const linesOf = (options: StartOptions) => startOptions(options).split("\n");

  it("are words of ours, one a line", () => {
    expect(linesOf({ ...given, run: "command" })).toEqual(
      expect.arrayContaining([
        "ar_stages=(a b)",
        "ar_stdin=/run/agent-runner/prompt",
        "ar_desktop=optional",
        "ar_certificates=(SSL_CERT_FILE PIP_CERT)",
        "ar_other_way=true",
      ]),
    );
  });

  it("give no input without a prompt", () => {
    expect(linesOf({ ...given, stages: [], hasPrompt: false, run: "command" })).toEqual(
      expect.arrayContaining(["ar_stages=()", "ar_stdin=/dev/null"]),
    );
  });
});

describe("the job's variables for the task", () => {
  it("are facts, never tokens or the runner's own files", () => {
    const environment = {
      CI: "true",
      GITHUB_REPOSITORY: "o/n",
      GITHUB_SHA: "abc",
      GITHUB_REF: "",
      GITHUB_WORKSPACE: "/home/runner/work",
      GITHUB_TOKEN: "secret",
      GITHUB_ENV: "/file",
      GITHUB_OUTPUT: "/file",
      GITHUB_EVENT_PATH: "/file",
      ACTIONS_RUNTIME_TOKEN: "secret",
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: "secret",
      "INPUT_GITHUB-TOKEN": "secret",
      DOCKER_HOST: "tcp://x",
      HOME: "/root",
      PATH: "/bin",
    };
    expect(Object.fromEntries(contextVariables(environment, "/workspace"))).toEqual({
      CI: "true",
      GITHUB_REPOSITORY: "o/n",
      GITHUB_SHA: "abc",
      GITHUB_WORKSPACE: "/workspace",
    });
    expect([...contextVariables({}, "/workspace")]).toEqual([]);
  });
});
