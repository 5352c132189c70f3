import { parseReference, type Reference } from "../../keys/reference.ts";
import { decidePush } from "../../policy/push.ts";
import { placeOf } from "../../registry/address.ts";
import { startBudget } from "../../registry/budget.ts";
import { loginFor } from "../../registry/credentials.ts";
import { RegistryTrouble } from "../../registry/trouble.ts";
import type { Finding } from "../../report/doctor.ts";
import { registriesOf } from "../registries.ts";
import { withoutLogin } from "./shown.ts";
import { type Look, ofEngine, type World } from "./world.ts";

/** Less than all looks together have. */
const askMs = 6_000;

/** Whether the base image can be had. */
export const baseImage: Look = {
  about: "base image",
  at: async (world) => {
    const about = "base image";
    const { pull, "base-image": name } = world.job.settings;
    const base = parseReference(name) as Reference;
    if (pull === "never") {
      return ofEngine(about, () => neverPulled(world, name)).at(world);
    }
    if (pull === "missing" && (await isInEngine(world, name))) {
      return [{ about, state: "ok", says: `${name} is in the engine` }];
    }
    const { who, trouble } = await ask(world, base, base.digest ?? base.tag ?? "latest");
    if (trouble === undefined) {
      return [{ about, state: "ok", says: `${name} is there, asked ${who}` }];
    }
    const says = `${trouble.message}, asked ${who}`;
    if (!(await isInEngine(world, name))) {
      return [{ about, state: "problem", says, next: whatNext(trouble, who) }];
    }
    const next = "nothing for now: tasks start from the engine's own copy";
    return [{ about, state: "note", says: `${says}; it is in the engine`, next }];
  },
};

/** Whether our own images can be kept and found. */
export const registry: Look = {
  about: "registry",
  at: async (world) => {
    const about = "registry";
    const { settings } = world.job;
    const name = settings.registry?.toLowerCase();
    const image = name === undefined ? undefined : parseReference(`${name}/agent-runner-env`);
    if (image === undefined) {
      const next =
        "set one to share images between runners; without it the Actions cache keeps them";
      return [{ about, state: "note", says: "no `registry` is set", next }];
    }
    const { push, why } = decidePush(settings.push, name, world.event);
    const pushed = push ? "images are pushed" : `images are not pushed${why ? `: ${why}` : ""}`;
    const { who, trouble } = await ask(world, image, "doctor");
    // nobody has pushed an image of that name
    if (trouble === undefined || trouble.kind === "absent") {
      return [{ about, state: "ok", says: `${name} answers, asked ${who}; ${pushed}` }];
    }
    const says = `${trouble.message}, asked ${who}; ${pushed}`;
    return [{ about, state: "problem", says, next: whatNext(trouble, who) }];
  },
};

/** What the engine was told of registries. */
export const mirrors: Look = ofEngine("mirrors", async ({ engine }) => {
  const { mirrors = [], insecureHosts = [] } = (await engine.machine())?.registries ?? {};
  const listed = (all: readonly string[]) => all.map(withoutLogin).join(", ") || "none";
  const says = `${listed(mirrors)}; without TLS or its check: ${listed(insecureHosts)}`;
  return [{ about: "mirrors", state: "ok", says }];
});

async function isInEngine({ engine }: World, name: string): Promise<boolean> {
  const found = await engine.images.inspect(name).catch(() => undefined);
  return found !== undefined;
}

/** Of a base that nobody is to be asked for. */
async function neverPulled(world: World, name: string): Promise<readonly Finding[]> {
  const about = "base image";
  return (await isInEngine(world, name))
    ? [{ about, state: "ok", says: `${name} is in the engine` }]
    : [
        {
          about,
          state: "problem",
          says: `${name} is not in the engine, and \`pull: never\` does not pull it`,
          next: "pull or build it in an earlier step, or leave `pull` out",
        },
      ];
}

interface Asked {
  /** In words that fit behind "asked". */
  readonly who: string;
  /** Undefined where it is there. */
  readonly trouble: RegistryTrouble | undefined;
}

async function ask(world: World, image: Reference, tag: string): Promise<Asked> {
  const client = registriesOf(world, startBudget(askMs));
  const who = await asWhom(world, image);
  try {
    await client.manifest(image, tag);
    return { who, trouble: undefined };
  } catch (error) {
    if (!(error instanceof RegistryTrouble)) {
      throw error;
    }
    return { who, trouble: error };
  }
}

const nobody = "without a login";

/** Where a login is from, and never the login itself. */
async function asWhom({ credentials, environment }: World, image: Reference): Promise<string> {
  const { registry, repository } = placeOf(image);
  const [used, stored] = await Promise.all([
    credentials(registry, repository),
    loginFor(registry, repository, environment),
  ]);
  if (used === undefined) {
    return nobody;
  }
  if (JSON.stringify(used) !== JSON.stringify(stored?.credentials)) {
    return "with the login of `registry-username`";
  }
  return stored?.helper === undefined
    ? "with the login that `docker login` left"
    : `with the login of the credential helper ${stored.helper}`;
}

/** What to do about a registry, by its answer and who asked. Pure. */
export function whatNext({ kind, status }: RegistryTrouble, who: string): string | undefined {
  switch (kind) {
    case "absent":
      return "check the name, or build the image into the engine and set `pull: never`";
    case "denied":
      return who === nobody
        ? "log in in an earlier step (`docker/login-action`), or give `registry-username` and `registry-password`; for GHCR the job needs `packages: read`"
        : "check that this login is still valid and may read there; for GHCR the job needs `packages: read`";
    case "unreachable":
      return status === undefined
        ? "check the name, the network, the proxy and the certificates of this machine"
        : status === 429
          ? "log in there, which gives more pulls, or name a mirror or a copy of your own"
          : "try again later: the registry itself is in trouble";
    case "invalid":
      return "check the name: what answers there is no registry";
  }
}
