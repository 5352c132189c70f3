import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  type Machine,
  machineFolders,
  whatIsThere,
} from "../../../src/settings/machine-folders.ts";
import { parseMount } from "../../../src/settings/mount-line.ts";
import { whatIsWrongWithMounts } from "../../../src/settings/mounts.ts";
import { messagesOf, workspace } from "./workspace.ts";

const hideable = { workdir: "/workspace", agent: false, desktop: false };
const told = (line: string, environment: NodeJS.ProcessEnv = {}, folder = workspace()) =>
  whatIsWrongWithMounts([line], { workspace: folder, environment, ...hideable });

describe("a line of mounts", () => {
  it.each([
    ["type=bind,source=/a,target=/x", { type: "bind", source: "/a", target: "/x" }],
    ["TYPE=BIND,Src=./a,DST=/x,ro", { type: "bind", source: "./a", target: "/x" }],
    ['type=bind,"source=/a,""b""",destination=/x', { source: '/a,"b"' }],
    ["type=volume,target=/x", { type: "volume", source: "" }],
    ["type=volume,source=cache-1,target=/x,volume-driver=local", { source: "cache-1" }],
    ["type=tmpfs,target=/x,tmpfs-size=1000000,tmpfs-mode=1770", { type: "tmpfs" }],
    ["type=bind,source=/a=b,target=/x,bind-propagation=rslave", { source: "/a=b" }],
  ])("is read as the CLI reads it: %s", (line, expected) => {
    expect(parseMount(line)).toMatchObject(expected);
  });

  it.each([
    ["type=bind,source=/a,target=/x,type=npipe", /type is given twice/],
    ["type=bind,source=/a,src=/etc,target=/x", /source is given twice/],
    ["type=bind,source=/a,target=/x,dst=/y", /target is given twice/],
    ["type=bind,source=/a,target=/x,", /"" is no field/],
    ["type=bind, source=/a,target=/x", /" source" is no field/],
    ["type=bind,source =/a,target=/x", /"source " is no field/],
    ["type=bind,source= /a,target=/x", /blanks/],
    ['type=bind,source="/a",target=/x', /quotes/],
    ['type=bind,"source=/a,target=/x', /quotes/],
    ['type=bind,"source=/a"b,target=/x', /quotes/],
    ["type=bind,source=a,target=/x", /absolute path/],
    ["type=bind,target=/x", /absolute path/],
    ["type=bind,source=/a", /`target`/],
    ["type=bind,source=/a,target=x", /`target`/],
    ["type=image,source=debian,target=/x", /none of/],
    ["type=volume,source=/etc,target=/x", /is its name/],
    ["type=volume,target=/x,volume-opt=type=none,volume-opt=o=bind", /`docker volume create`/],
    ["type=volume,target=/x,Volume-Opt=device=/etc", /`docker volume create`/],
    ["type=volume,source=v,target=/x,volume-driver=sshfs", /can only be `local`/],
    ["type=volume,source=v,target=/x,volume-driver=", /can only be `local`/],
    ["type=bind,source=/a,target=/x,bind-propagation=shared", /on the machine, too/],
    ["type=bind,source=/a,target=/x,bind-propagation=RShared", /on the machine, too/],
    ["type=bind,source=/a,target=/x,bind-propagation", /on the machine, too/],
    ["type=bind,source=/a,target=/x,bind-create-src=true", /has to be there/],
    ["type=bind,source=/a,target=/x,constructor=1", /"constructor" is no field/],
    // other ways in which docker is told of mounts, and what else it is told
    ["--volume=/a:/x", /"--volume" is no field/],
    ["-v /a:/x", /"-v \/a:\/x" is no field/],
    ["--mount type=bind,source=/a,target=/x", /"--mount type" is no field/],
    ["--tmpfs=/tmp", /"--tmpfs" is no field/],
    ["/a:/x:ro", /"\/a:\/x:ro" is no field/],
    ["type=tmpfs,tmpfs-opt=x,target=/x", /"tmpfs-opt" is no field/],
    ["type=tmpfs,target=/x,--entrypoint=sh", /"--entrypoint" is no field/],
    ["type=tmpfs,target=/x,name=agent-runner-1", /"name" is no field/],
    ["type=cluster,source=a,target=/x", /none of/],
    ["type=npipe,source=a,target=/x", /none of/],
    ["target=/x", /none of/],
    ["type=tmpfs,target=", /`target`/],
    ["type=tmpfs,target=./tmp", /`target`/],
    ["type=tmpfs,target=../../tmp", /`target`/],
    ["type=tmpfs,target=~/x", /`target`/],
    ["type=volume,source=./a,target=/x", /is its name/],
    ["type=volume,source=../a,target=/x", /is its name/],
  ])("is refused where the CLI could read another: %s", (line, says) => {
    expect(parseMount(line)).toMatch(says);
  });
});

/** A self-hosted runner, in its user's home folder. */
const selfHosted: Machine = {
  environment: {
    HOME: "/home/ci",
    RUNNER_TEMP: "/home/ci/runner/_work/_temp",
    RUNNER_TOOL_CACHE: "/home/ci/runner/_work/_tool",
    GITHUB_ENV: "/home/ci/runner/_work/_temp/_runner_file_commands/set_env_1",
    DOCKER_HOST: "unix:///srv/engine/docker.sock",
    XDG_RUNTIME_DIR: "/srv/user-1001",
  },
  workspace: "/home/ci/runner/_work/app/app",
  home: "/home/ci",
  program: "/home/ci/runner/externals/node24/bin/node",
  engineFolders: ["/data/docker"],
};

describe("of a machine, nobody gets", () => {
  const folders = machineFolders(selfHosted);

  it.each([
    ...["/", "/etc", "/etc/ssl/certs", "/proc", "/proc/self", "/sys/fs", "/dev", "/dev/shm"],
    ...["/run", "/run/docker", "/run/containerd/containerd.sock", "/var/run", "/var/run/x"],
    ...["/boot", "/root", "/root/x", "/usr", "/usr/bin", "/bin/x", "/usr/lib", "/var", "/var/lib"],
    ...[
      "/usr/lib/systemd/system",
      "/lib/x86_64-linux-gnu",
      "/usr/libexec/docker",
      "/var/spool/cron/x",
    ],
    ...["/var/lib/docker", "/var/lib/docker/volumes/x", "/var/lib/containerd/x"],
    ...["/data", "/data/docker", "/data/docker/x", "/srv", "/srv/engine", "/srv/user-1001/podman"],
    ...[
      "/srv/engine/docker.sock",
      "/home",
      "/home/ci",
      "/home/ci/.ssh",
      "/home/ci/.docker/config.json",
    ],
    ...["/home/ci/.config/gh", "/home/ci/.bashrc", "/home/ci/.local", "/home/ci/.local/bin"],
    ...["/home/ci/runner", "/home/ci/runner/.credentials", "/home/ci/runner/externals/node24"],
    ...[
      "/home/ci/runner/_work",
      "/home/ci/runner/_work/_actions/a/b",
      "/home/ci/runner/_work/_temp",
    ],
    "/home/ci/runner/_work/_temp/_runner_file_commands/set_env_1",
    "/home/ci/runner/_work/_temp/_github_workflow/event.json",
  ])("%s", (path) => {
    expect(whatIsThere(path, folders)?.what).toEqual(expect.any(String));
  });

  it.each([
    ...["/home/ci/runner/_work/app/app", "/home/ci/runner/_work/app/app/x"],
    ...["/home/ci/runner/_work/_temp/mine", "/home/ci/runner/_work/_tool/node"],
    ...["/home/ci/.cache/pip", "/home/ci/.codex", "/home/cindy", "/srv/cache", "/data/dockers"],
    ...["/mnt", "/tmp/x", "/usr/share/doc", "/usr/lib/jvm", "/opt/hostedtoolcache", "/etcetera"],
  ])("anything but %s", (path) => {
    expect(whatIsThere(path, folders)).toBeUndefined();
  });

  it("somebody else's home folder, where the step has another HOME than the system", () => {
    const other = machineFolders({ ...selfHosted, home: "/srv/home/ci" });
    expect(whatIsThere("/srv/home/ci", other)?.what).toMatch(/home folder/);
    expect(whatIsThere("/srv/home/ci/.ssh", other)?.what).toMatch(/private/);
    const root = machineFolders({ ...selfHosted, environment: {}, home: "/root" });
    expect(whatIsThere("/root/.cache/pip", root)).toBeUndefined();
    expect(whatIsThere("/root", root)?.what).toMatch(/home folder/);
  });
});

describe("a bind mount", () => {
  it.each([
    ["type=bind,source=/var/run,target=/x", /\/var\/run, which is where services/],
    ["type=bind,src=/run/,target=/x,readonly", /\/run\/ leads to \/run, which is where/],
    ["type=bind,target=/x,source=/var/../run", /leads to \/run, which/],
    [`type=bind,source=./${"../".repeat(20)}etc/ssl,target=/x`, /\/etc is the machine's config/],
    ['type=bind,"source=/",target=/x', /the whole machine/],
    ["type=bind,source=/var/run/docker.sock,target=/x", /the engine's socket/],
    ["type=bind,source=/run/docker,target=/x", /and \/run is where services/],
    [`type=bind,source=${userInfo().homedir},target=/x`, /the home folder/],
  ])("is refused by where it leads: %s", async (line, says) => {
    const [message = "", ...more] = await told(line);
    expect(message).toMatch(says);
    expect(message).toMatch(/^"type=bind.*" is refused: .*; mount a folder of the workspace/);
    expect(more).toEqual([]);
  });

  it("is refused by where its links lead, also those of a folder that is not there yet", async () => {
    const folder = workspace({ "own/engine.sock": "" });
    symlinkSync("/etc", join(folder, "link"));
    symlinkSync(folder, join(folder, "loop"));
    const at = (path: string) => told(`type=bind,source=${path},target=/x`, {}, folder);
    expect(await at(join(folder, "link"))).toEqual([
      expect.stringMatching(/leads to \/etc, which/),
    ]);
    expect(await at(join(folder, "loop/link/new/one"))).toEqual([
      expect.stringMatching(/leads to \/etc\/new\/one, and \/etc is/),
    ]);
    // the kernel follows the link first, and then goes up
    expect(await at(`${folder}/link/../boot/x`)).toEqual([expect.stringMatching(/\/boot is/)]);
    expect(await at(join(folder, "own"))).toEqual([]);
    const environment = { DOCKER_HOST: `unix://${join(folder, "loop/own/engine.sock")}` };
    const own = `type=bind,source=${join(folder, "own")},target=/x`;
    expect(await told(own, environment, folder)).toEqual([
      expect.stringMatching(/engine's socket/),
    ]);
  });

  it("of the workspace, of what lies in the runner's temporary folder and elsewhere is taken", async () => {
    const folder = workspace({ "_temp/mine/a": "", "app/a": "" });
    const environment = { RUNNER_TEMP: join(folder, "_temp"), HOME: join(folder, "home") };
    mkdirSync(join(folder, "home/.ssh"), { recursive: true });
    writeFileSync(join(folder, "home/.ssh/id"), "");
    const at = (path: string) =>
      told(`type=bind,source=${join(folder, path)},target=/x`, environment, join(folder, "app"));
    for (const path of ["app", "app/a", "_temp/mine", "home/.cache", "else"]) {
      expect(await at(path), path).toEqual([]);
    }
    for (const path of ["", "_temp", "_actions/x", "home", "home/.ssh/id"]) {
      expect(await at(path), path).toEqual([expect.stringMatching(/is refused/)]);
    }
  });
});

describe("the workspace's own repository", () => {
  it.each([".", ".git", ".git/hooks", "..", "link"])(
    "comes in to be read only: %s",
    async (path) => {
      const folder = workspace({ "app/.git/config": "", "app/src/a": "" });
      const app = join(folder, "app");
      symlinkSync(app, join(app, "link"));
      const at = (line: string) =>
        told(`type=bind,source=${join(app, path)},target=/x${line}`, {}, app);
      for (const writable of ["", ",readonly=false", ",ro=0", ",readonly,ro=false"]) {
        expect(await at(writable), writable).toEqual([
          expect.stringMatching(/own `\.git` would come in .*`,readonly`$/),
        ]);
      }
      expect(await at(",readonly")).toEqual([]);
      expect(await at(",ro=true")).toEqual([]);
    },
  );

  it("is no reason against what lies beside it", async () => {
    const app = workspace({ ".git/config": "", "src/a": "" });
    expect(await told(`type=bind,source=${join(app, "src")},target=/x`, {}, app)).toEqual([]);
    expect(await told(`type=bind,source=${join(app, ".github")},target=/x`, {}, app)).toEqual([]);
  });
});

describe("the target of a mount", () => {
  it.each([
    ...["/run/agent-runner", "/run/agent-runner/state", "/run", "/", "/run/../run/agent-runner/"],
    ...["/var/run", "/var/run/agent-runner", "/var//run/agent-runner/state"],
    ...[
      "/tmp",
      "/tmp/agents-artifacts",
      "/tmp/agents-artifacts/x",
      "/workspace",
      "/proc",
      "/sys/fs",
    ],
    ...["/usr", "/usr/bin", "/bin", "/lib64", "/etc", "/dev", "/etc/."],
    ...["/run/agent-runner-git", "/run/agent-runner-git/objects", "/run//agent-runner-shared"],
    ...["/workspace/.git", "/workspace/x/../.git/", "/dev/null", "/dev/pts/", "/sbin/docker-init"],
    ...["/tmp/", "/tmp/../run", "//run", "/./", "/var/../tmp/agents-context", "/workspace/.."],
    ...[
      "/..",
      "/../..",
      "/a/../..",
      "//",
      "/tmp/..",
      "/tmp/../tmp",
      "///tmp///",
      "/run/./agent-runner",
    ],
    ...["/var/run/../run", "/var/run/", "/run/agent-runner/state/../..", "/./workspace/.", "/sys"],
    ...["/proc/self/root/tmp", "/proc/self/cwd", "/proc/1/root", "/dev/fd/..", "/usr/lib/.."],
    ...["/tmp/agents-home", "/run/secrets", "/tmp/agents-cached-files/x", "/usr/../etc//", "/sbin"],
    ...["/tmp/agents-runner-desktop/x", "/run/podman-init", "/dev/init", "/usr/sbin/", "/lib/."],
  ])("hides nothing of ours: %s", async (target) => {
    expect(await told(`type=tmpfs,target=${target}`)).toEqual([
      expect.stringMatching(/would hide .*; choose another `target`$/),
    ]);
  });

  it.each([
    "/run/secrets/key",
    "/workspace/node_modules",
    "/tmp/cache",
    "/etc/app",
    "/var/lib/x",
    "/usr/local/bin",
    ...["/opt", "/tmp/.X11-unix", "/run/postgresql", "/workspace/.git/hooks", "/dev/shm", "/var"],
  ])("may be %s", async (target) => expect(await told(`type=tmpfs,target=${target}`)).toEqual([]));
});

describe("the target of a mount hides nothing that was installed for the task", () => {
  it.each([
    ["agent", "/usr/local"],
    ["agent", "/usr/local/bin/"],
    ["agent", "/usr/local/lib/node_modules"],
    ["desktop", "/opt"],
    ["desktop", "/opt/agent-runner-desktop"],
    ["desktop", "/tmp/.X11-unix"],
  ])("%s: %s", async (what, target) => {
    const at = (found: object) =>
      whatIsWrongWithMounts([`type=tmpfs,target=${target}`], {
        ...{ workspace: workspace(), environment: {}, ...hideable },
        ...found,
      });
    expect(await at({ [what]: true })).toEqual([
      expect.stringMatching(`where the ${what} is; choose another`),
    ]);
    expect(await at({})).toEqual([]);
  });

  it.each([
    [{ agent: "codex", prompt: "x" }, "/usr/local/bin"],
    [{ command: "true", "headless-desktop": "optional" }, "/opt"],
  ])("by the settings: %o", async (inputs, target) => {
    const mounts = `type=tmpfs,target=${target}`;
    expect(await messagesOf({ inputs: { ...inputs, mounts } })).toEqual([
      expect.stringMatching(/^mounts: .* is; choose another `target`/),
    ]);
  });
});

it.each(["/x", "/x/", "//y/../x"])("no place is mounted over twice: %s", async (target) => {
  const lines = ["type=tmpfs,target=/x", `type=volume,target=${target}`, "type=tmpfs,target=/x/y"];
  const context = { workspace: workspace(), environment: {}, ...hideable };
  expect(await whatIsWrongWithMounts(lines, context)).toEqual([
    `"type=volume,target=${target}" is refused: a line before it has the same \`target\``,
  ]);
});

it("every line that is refused is told, with the setting's name", async () => {
  const mounts = "type=bind,source=/etc,target=/x\ntype=tmpfs,target=/tmp\ntype=tmpfs,target=/y";
  expect(await messagesOf({ inputs: { command: "true", mounts } })).toEqual([
    expect.stringMatching(/^mounts: "type=bind,source=\/etc/),
    expect.stringMatching(/^mounts: "type=tmpfs,target=\/tmp"/),
  ]);
});
