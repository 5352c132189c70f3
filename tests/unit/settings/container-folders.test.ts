import { describe, expect, it } from "vitest";
import { cachedFilesFolder } from "../../../src/layers/template.ts";
import { ownFolders, whyNoWorkdir } from "../../../src/settings/container-folders.ts";
import { borrowedFolder } from "../../../src/task/changes/git-mount.ts";
import { contextFolder } from "../../../src/task/context-files.ts";
import { artifactsFolder, taskFolder } from "../../../src/task/start-script.ts";
import { messagesOf } from "./workspace.ts";

describe("the workspace's place in the container", () => {
  it.each([
    ...ownFolders,
    ...ownFolders.map((folder) => `${folder}/x`),
    ...["/", "/run", "/var/run", "/tmp", "/run/x", "/proc/1", "/sys", "/dev/shm", "/etc", "/etc/x"],
    ...["/usr", "/usr/bin", "/usr/lib/x", "/bin", "/lib64", "/var", "/var/lib", "/home", "/opt"],
    ...["/opt/agent-runner-desktop", "/tmp/.X11-unix/x"],
    ...[
      "//run//agent-runner",
      "/run/./agent-runner",
      "/tmp/",
      "/./",
      "//",
      "/.//tmp/.",
      "/var/run/x",
    ],
    ...[
      "/usr/local",
      "/usr/local/lib/x",
      "/boot/x",
      "/srv/",
      "/usr/share",
      "/var/tmp/",
      "/run/user",
    ],
  ])("is not %s", (path) => {
    expect(whyNoWorkdir(path)).toMatch(/^(?:lies in|would hide) /);
  });

  it.each([
    ...["/workspace", "/github/workspace", "/home/me/app", "/opt/app", "/usr/src/app", "/root"],
    ...["/srv/app", "/tmp/app", "/var/lib/app", "/app", "/runner", "/tmp/agents-artifacts-2"],
  ])("may be %s", (path) => {
    expect(whyNoWorkdir(path)).toBeUndefined();
  });

  it("is told early, with the folder and what to do", async () => {
    const inputs = { command: "true", "container-workdir": "/run/agent-runner/w" };
    expect(await messagesOf({ inputs })).toEqual([
      'container-workdir: "/run/agent-runner/w" lies in /run/agent-runner, which is the action\'s own; choose another, such as `/workspace` (input container-workdir)',
    ]);
  });

  it("is kept off the folders by the names that the rest of the action gives them", () => {
    expect(ownFolders).toEqual(
      expect.arrayContaining([
        ...[taskFolder, artifactsFolder, cachedFilesFolder, contextFolder, borrowedFolder],
      ]),
    );
  });
});
