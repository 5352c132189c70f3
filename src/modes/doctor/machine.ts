import { statfs } from "node:fs/promises";
import { tmpdir } from "node:os";
import { megabytes } from "../../log/text.ts";
import { decideCache } from "../../policy/cache.ts";
import { trustIn } from "../../policy/trust.ts";
import type { Finding } from "../../report/doctor.ts";
import { placeOfProxy } from "../../settings/proxies.ts";
import type { Runtime } from "../runtime.ts";
import type { Look } from "./look.ts";

/** This machine: what runs here, what started it, its cache, its proxy, its certificates and its disks. */
export const lookAtMachine: Look = async ({ settings }, runtime) => {
  const { environment } = runtime;
  return [
    runnerOf(runtime),
    cacheOf(runtime, settings["actions-cache"]),
    proxyOf(environment),
    certificatesOf(environment),
    ...(await disksOf(runtime)),
  ];
};

function runnerOf({ event, environment }: Runtime): Finding {
  const { RUNNER_ENVIRONMENT: kind, RUNNER_OS: os, RUNNER_ARCH: arch } = environment;
  const where = kind ? `a ${kind} runner (${os}, ${arch})` : "outside of GitHub Actions";
  const trust = event && trustIn(event);
  const started =
    event === undefined
      ? ""
      : `; the event \`${event.name}\` is ${trust?.trusted ? "trusted" : `not trusted: ${trust?.why}`}`;
  return {
    about: "runner",
    state: "ok",
    says: `Node.js ${process.versions.node}, ${where}${started}`,
  };
}

function cacheOf(
  { environment, event }: Runtime,
  setting: "auto" | "off" | "read-only" | "read-write",
): Finding {
  const about = "cache";
  const { read, write, why, warning } = decideCache(setting, environment, false, event);
  if (read && write) {
    return { about, state: "ok", says: "the Actions cache is read and written" };
  }
  const next = warning ?? why;
  return read
    ? { about, state: "note", says: "the Actions cache is read only", next: why }
    : { about, state: "note", says: "there is no Actions cache for this run", next };
}

const proxies = ["HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"];

/** Hosts only: the address of a proxy may have a password in it, one that cannot be read too. */
export function proxyOf(environment: NodeJS.ProcessEnv): Finding {
  const said = proxies.flatMap((name) => {
    const value = environment[name];
    if (!value) {
      return [];
    }
    const host = placeOfProxy(value)?.host ?? "(its address cannot be read)";
    return [`\`${name}\` ${/^no_/i.test(name) ? value : host}`];
  });
  return { about: "proxy", state: "ok", says: said.join(", ") || "none is set" };
}

function certificatesOf(environment: NodeJS.ProcessEnv): Finding {
  const names = ["NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE", "SSL_CERT_DIR"];
  const said = names.flatMap((name) =>
    environment[name] ? [`\`${name}\` ${environment[name]}`] : [],
  );
  return { about: "certificates", state: "ok", says: said.join(", ") || "the system's own" };
}

/** Below this an image of a desktop and its layers may not fit. */
const fewBytes = 5e9;

async function disksOf({ engine, environment }: Runtime): Promise<Finding[]> {
  const machine = await engine.machine().catch(() => undefined);
  const folders = [
    ["disk", environment.RUNNER_TEMP || tmpdir()],
    ["engine's disk", machine?.dataRoot ?? ""],
  ] as const;
  const found = await Promise.all(
    folders.map(async ([about, folder]): Promise<Finding[]> => {
      const stat = folder === "" ? undefined : await statfs(folder).catch(() => undefined);
      if (stat === undefined) {
        return []; // it may be another machine's
      }
      const free = stat.bavail * stat.bsize;
      const says = `${megabytes(free)} free in ${folder}`;
      return [
        free < fewBytes
          ? {
              about,
              state: "problem",
              says,
              next: "free space (`docker system prune`), or use a larger runner",
            }
          : { about, state: "ok", says },
      ];
    }),
  );
  return found.flat();
}
