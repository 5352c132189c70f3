import { nameOf, parseReference, type Reference } from "../../keys/reference.ts";
import { placeOf } from "../../registry/address.ts";
import { startBudget } from "../../registry/budget.ts";
import type { RegistryClient } from "../../registry/client.ts";
import { RegistryTrouble } from "../../registry/trouble.ts";
import type { Finding } from "../../report/doctor.ts";
import { registriesOf } from "../registries.ts";
import type { Runtime } from "../runtime.ts";
import type { Look } from "./look.ts";

/** Less than all looks together have. */
const askMs = 7_000;

/** The base image's registry and that of `registry`: whether they answer, and to whom; and what the engine was told. */
export const lookAtRegistries: Look = async ({ settings }, runtime) => {
  const client = registriesOf(runtime, startBudget(askMs));
  const base = parseReference(settings["base-image"]) as Reference;
  const own =
    settings.registry && parseReference(`${settings.registry.toLowerCase()}/agent-runner-env`);
  const [first, second, told] = await Promise.all([
    settings.pull === "never"
      ? inEngine(settings["base-image"], runtime)
      : ask("base image", base, base.digest ?? base.tag ?? "latest", client, runtime),
    own ? ask("registry", own, "doctor", client, runtime) : undefined,
    runtime.engine.machine().catch(() => undefined),
  ]);
  const { mirrors = [], insecureHosts = [] } = told?.registries ?? {};
  return [
    first,
    second ?? {
      about: "registry",
      state: "note",
      says: "no `registry` is set",
      next: "give one to share images between runners; else they are kept in the Actions cache, where there is one",
    },
    {
      about: "mirrors",
      state: "ok",
      says: `${mirrors.join(", ") || "none"}; without TLS: ${insecureHosts.join(", ") || "none"}`,
    },
  ];
};

/** Of a base that nobody is to be asked for. */
async function inEngine(reference: string, { engine }: Runtime): Promise<Finding> {
  const about = "base image";
  return (await engine.images.inspect(reference)) === undefined
    ? {
        about,
        state: "problem",
        says: `${reference} is not in the engine, and \`pull: never\` does not pull it`,
        next: "pull it in an earlier step, or leave `pull` out",
      }
    : { about, state: "ok", says: `${reference} is in the engine` };
}

async function ask(
  about: string,
  image: Reference,
  tag: string,
  client: RegistryClient,
  { credentials }: Runtime,
): Promise<Finding> {
  const { registry, repository } = placeOf(image);
  const login = await credentials(registry, repository);
  const who = login === undefined ? "without a login" : "with a login";
  const name = nameOf(image);
  try {
    await client.manifest(image, tag);
    return { about, state: "ok", says: `${name} is there, asked ${who}` };
  } catch (error) {
    if (!(error instanceof RegistryTrouble)) {
      throw error;
    }
    const says = `${error.message}, asked ${who}`;
    if (error.kind === "absent" && about === "registry") {
      return { about, state: "ok", says: `${registry} answers ${who}; ${name} may be read` };
    }
    return { about, state: "problem", says, next: whatNext(error) };
  }
}

function whatNext({ kind }: RegistryTrouble): string | undefined {
  switch (kind) {
    case "absent":
      return "check the name, or build the image into the engine and set `pull: never`";
    case "denied":
      return "log in in an earlier step (`docker/login-action`), or give `registry-username` and `registry-password`; for GHCR the job needs `packages: read`";
    case "unreachable":
      return "check the network, the proxy and the certificates of this machine";
    case "invalid":
      return undefined;
  }
}
