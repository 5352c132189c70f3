import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  docker,
  podman,
  programOf,
  programOn,
  transportFlags,
} from "../../../src/engine/program.ts";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "agent-runner-program-"));
});
afterEach(() => rmSync(root, { recursive: true }));

const shim = [
  "#!/bin/sh",
  '[ -e /etc/containers/nodocker ] || echo "Emulate Docker CLI using podman." >&2',
  'exec /usr/bin/podman "$@"',
];

describe("which program the engine is spoken to by", () => {
  /** Files of folders of the PATH, in order: text, or what a link leads to. */
  const on = (...folders: Record<string, string | { to: string }>[]) =>
    programOn(
      folders
        .map((files, index) => {
          const folder = join(root, String(index));
          mkdirSync(folder);
          for (const [name, file] of Object.entries(files)) {
            const path = join(folder, name);
            if (typeof file === "string") {
              writeFileSync(path, file);
              chmodSync(path, 0o755);
            } else {
              symlinkSync(file.to, path);
            }
          }
          return folder;
        })
        .join(delimiter),
    ).name;

  it.each<[string, Record<string, string | { to: string }>[], string]>([
    ["docker", [{ docker: "\x7fELF" }], "docker"],
    ["docker and podman", [{ podman: "\x7fELF" }, { docker: "\x7fELF" }], "docker"],
    ["podman alone", [{ podman: "\x7fELF" }], "podman"],
    ["neither", [{}], "docker"],
    ["podman-docker's script", [{ podman: "", docker: shim.join("\n") }], "podman"],
    ["a link to podman", [{ podman: "\x7fELF", docker: { to: "podman" } }], "podman"],
    ["a wrapper of docker's own", [{ docker: '#!/bin/sh\nexec /opt/docker "$@"\n' }], "docker"],
    ["a wrapper that tells of podman", [{ docker: "#!/bin/sh\n# no podman\nexec x\n" }], "docker"],
  ])("%s", (_what, folders, name) => {
    expect(on(...folders)).toBe(name);
  });

  it("is docker where there is no PATH, and where a command says none", () => {
    expect(programOn(undefined)).toBe(docker);
    expect(programOf({})).toBe(docker);
  });
});

it.each([
  ["debian", "docker.io/library/debian"],
  ["debian:12", "docker.io/library/debian:12"],
  ["owner/name:1", "docker.io/owner/name:1"],
  ["ghcr.io/owner/name:1", "ghcr.io/owner/name:1"],
  ["localhost/name:1", "localhost/name:1"],
  ["registry:5000/name", "registry:5000/name"],
  [`debian@sha256:${"a".repeat(64)}`, `docker.io/library/debian@sha256:${"a".repeat(64)}`],
])("%s is pulled by podman as %s", (name, pulled) => {
  expect(podman.pulled(name)).toBe(pulled);
  expect(docker.pulled(name)).toBe(name);
});

it.each([
  ["127.0.0.1:5000/a/b:1", ["--tls-verify=false"]],
  ["localhost:5000", ["--tls-verify=false"]],
  ["ghcr.io/a/b:1", []],
  ["127.0.0.1.example/a", []],
])("podman gets to %s by %j", (name, flags) => {
  expect(transportFlags({ program: podman }, name)).toEqual(flags);
  expect(transportFlags({}, name)).toEqual([]);
});
