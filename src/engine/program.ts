import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  openSync,
  readSync,
  realpathSync,
} from "node:fs";
import { basename, delimiter, join } from "node:path";
import { isLoopback } from "../registry/loopback.ts";

/** The command an engine is spoken to by, and all in which the two differ; else their words are the same. */
export interface Program {
  readonly name: "docker" | "podman";
  /** Asks for the platform of its containers, and its version. */
  readonly version: readonly string[];
  /** Asks where its engine is. */
  readonly whereabouts: readonly string[];
  /** Asks what it says of itself and its machine, as JSON. */
  readonly info: readonly string[];
  /** It has buildx, which builds in the engine and in builders beside it. */
  readonly hasBuilders: boolean;
  /** It leaves a file of what `cp` is given on standard input where its temporary files are. */
  readonly leavesInput: boolean;
  /** The digest of what it pushed it writes into a file, and does not say. */
  readonly writesDigest: boolean;
  /** It leaves what a build runs to itself when it is ended. */
  readonly leavesSteps: boolean;
  /** Of `cp`: read what a link leads to. */
  readonly follow: readonly string[];
  /** Of `create` and `run`, beside what a container is made of. */
  readonly create: readonly string[];
  /** Of `commit`. */
  readonly commit: readonly string[];
  /** What is pulled where a name has no host. */
  pulled(name: string): string;
  /** Of `pull`, `push` and `login`, for a registry on this machine's loopback. */
  readonly loopback: readonly string[];
  /** To it the credential helper of no name is the configuration's own file. */
  readonly hasNamelessHelper: boolean;
  /** The file of its own where logins are, beside Docker's configuration. */
  loginFile(environment: NodeJS.ProcessEnv): string | undefined;
  /** The variables that say that logins are in the `config.json` of this folder. */
  loginsIn(folder: string): Readonly<Record<string, string>>;
}

export const docker: Program = {
  name: "docker",
  version: ["version", "--format", "{{.Server.Os}}/{{.Server.Arch}} {{.Server.Version}}"],
  whereabouts: ["context", "inspect", "--format", "{{.Endpoints.docker.Host}}"],
  info: ["info", "--format", "{{json .}}"],
  hasBuilders: true,
  leavesInput: false,
  leavesSteps: false,
  writesDigest: false,
  follow: ["--follow-link"],
  create: [],
  commit: [],
  pulled: (name) => name,
  hasNamelessHelper: true,
  loopback: [], // the engine itself speaks plain HTTP to it
  loginFile: () => undefined,
  loginsIn: (folder) => ({ DOCKER_CONFIG: folder }),
};

/** Version 4.3 and newer. */
export const podman: Program = {
  name: "podman",
  // without a service it is its own engine
  version: [
    "version",
    "--format",
    "{{with .Server}}{{.OsArch}} {{.Version}}{{else}}{{.Client.OsArch}} {{.Client.Version}}{{end}}",
  ],
  whereabouts: ["info", "--format", "{{if .Host.ServiceIsRemote}}ssh://podman{{end}}"],
  info: ["info", "--format", "json"],
  hasBuilders: false,
  leavesInput: true,
  leavesSteps: true,
  writesDigest: true,
  follow: [], // it always does
  // where there is SELinux, Docker's containers may read a bind mount as it is, and podman's may not
  create: ["--security-opt=label=disable"],
  commit: ["--format=docker"], // OCI's has no place for all that a base may say of itself
  pulled: withHost,
  hasNamelessHelper: false,
  loopback: ["--tls-verify=false"],
  loginFile: ({ REGISTRY_AUTH_FILE: file, XDG_RUNTIME_DIR: folder }) =>
    file ||
    (folder
      ? join(folder, "containers", "auth.json")
      : join("/run/containers", String(process.getuid?.() ?? 0), "auth.json")),
  loginsIn: (folder) => {
    const file = join(folder, "config.json");
    // one that is not there is an error to it; without a name it looks where it does by itself
    return { DOCKER_CONFIG: folder, REGISTRY_AUTH_FILE: existsSync(file) ? file : "" };
  },
};

/** Docker's unless it says another. */
export function programOf({ program = docker }: { readonly program?: Program }): Program {
  return program;
}

/** What `pull`, `push` and `login` need beside the name of an image or a registry. */
export function transportFlags(
  cli: { readonly program?: Program },
  name: string,
): readonly string[] {
  const host = name.split("/")[0] ?? "";
  return isLoopback(host.replace(/:\d+$/, "")) ? programOf(cli).loopback : [];
}

/** As Docker reads it; podman's own way is to search where its `registries.conf` says, and Debian's says nowhere. */
function withHost(name: string): string {
  const [first = "", ...rest] = name.split("/");
  const hasHost = rest.length > 0 && (/[.:]/.test(first) || first === "localhost");
  const isId = /^(?:sha256:)?[0-9a-f]{64}$/.test(name);
  return hasHost || isId ? name : `docker.io/${rest.length === 0 ? "library/" : ""}${name}`;
}

/**
 * The docker command; podman's where there is none, or where `docker` is another name of it, as the package
 * `podman-docker` has it. Reads folders and the beginning of a file, and starts nothing.
 */
export function programOn(path: string | undefined): Program {
  const found = findProgram("docker", path);
  if (found === undefined) {
    return findProgram("podman", path) === undefined ? docker : podman;
  }
  return isPodman(found) ? podman : docker;
}

/** Its file on the PATH, as the system would find it; undefined where there is none that this user may start. */
export function findProgram(name: Program["name"], path = ""): string | undefined {
  return path
    .split(delimiter)
    .filter((folder) => folder !== "")
    .map((folder) => join(folder, name))
    .find((file) => {
      try {
        accessSync(file, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

/** A link to podman, or a script that starts it. */
function isPodman(file: string): boolean {
  return basename(realpathSync(file)) === "podman" || startsPodman(beginningOf(file));
}

/** Pure. */
function startsPodman(script: string): boolean {
  return script.startsWith("#!") && /^\s*exec\s+(?:\S*\/)?podman\b/m.test(script);
}

function beginningOf(file: string): string {
  try {
    const descriptor = openSync(file, "r");
    try {
      const bytes = Buffer.alloc(1024);
      return bytes.toString("utf8", 0, readSync(descriptor, bytes));
    } finally {
      closeSync(descriptor);
    }
  } catch {
    return ""; // it may be started, and not be read
  }
}
