import { expect, it } from "vitest";
import { dockerEngine } from "../../../src/engine/engine.ts";
import { fakeDocker } from "../fakes.ts";

it.each([
  ["20.10.24+dfsg1", true],
  ["24.0.7", true],
  ["27.5.1", true],
  ["28.0.0", false],
  ["29.1.0-rc.1", false],
  ["4.3.1", false], // podman's
  ["", false],
])("an engine of version %s looks for users on its own machine: %s", async (version, atHome) => {
  const docker = fakeDocker(() => ({ stdout: `linux/amd64 ${version}` }));
  const engine = dockerEngine(docker);
  expect(await engine.platform()).toMatchObject({ os: "linux", architecture: "amd64" });
  expect(await engine.looksForUsersAtHome()).toBe(atHome);
  expect(docker.calls).toHaveLength(1); // the version came with the platform
});
