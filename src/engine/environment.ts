/** What becomes of a variable that docker, buildx, BuildKit's client or podman reads. */
type Rule =
  /** How the engine and its registries are reached, and who we are there: the user's own. */
  | "kept"
  /** What a build or a container is like: a setting's matter, or ours, and never the environment's. */
  | "taken out";

/** What begins so is theirs; of that is kept what the table names. Those of later versions are of the same kind. */
const families =
  /^(?:DOCKER|BUILDX|BUILDKIT|COMPOSE|BAKE|EXPERIMENTAL_BUILDKIT|OTEL|PODMAN|BUILDAH)_/;

/** By name; of the families all else is taken out, and what is no family's is kept: `PATH`, `HOME`, proxies, `LANG`. */
const rules: Readonly<Record<string, Rule>> = {
  // the connection
  DOCKER_HOST: "kept",
  DOCKER_CONTEXT: "kept",
  DOCKER_TLS: "kept",
  DOCKER_TLS_VERIFY: "kept",
  DOCKER_CERT_PATH: "kept",
  DOCKER_API_VERSION: "kept",
  DOCKER_CUSTOM_HEADERS: "kept",
  // configuration and logins
  DOCKER_CONFIG: "kept",
  DOCKER_AUTH_CONFIG: "kept",
  DOCKER_CLI_PLUGIN_EXTRA_DIRS: "kept",
  BUILDX_CONFIG: "kept", // where the builder is written down that `builder` names
  // how podman gets along on its machine; where its engine and its configuration are is of no family
  BUILDAH_ISOLATION: "kept",
  BUILDAH_RUNTIME: "kept",
  PODMAN_IGNORE_CGROUPSV1_WARNING: "kept",
  // what of no family changes a build
  SOURCE_DATE_EPOCH: "taken out", // buildx makes a build argument of it
  NO_COLOR: "taken out",
};

/**
 * The environment of the docker CLI: what says how the engine is reached, and nothing that says what a build or a
 * container is to be like. `DOCKER_DEFAULT_PLATFORM` is the setting `platform`, `BUILDX_BUILDER` is `builder`; with
 * `DOCKER_CONTENT_TRUST` no image of ours could be started. An empty variable of theirs is one not set. Pure.
 */
export function cliEnvironment(environment: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(
    Object.entries(environment).filter(
      (entry): entry is [string, string] => entry[1] !== undefined && isKept(entry[0], entry[1]),
    ),
  );
}

function isKept(name: string, value: string): boolean {
  const rule = Object.hasOwn(rules, name) ? rules[name] : undefined;
  return families.test(name) ? rule === "kept" && value !== "" : rule !== "taken out";
}
