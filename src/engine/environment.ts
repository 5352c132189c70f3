/**
 * What the docker CLI, buildx and BuildKit's client read of the environment decides how they connect, or what they do.
 * What connects them is the user's and kept. The rest would change what is built or started behind the settings' back
 * (`DOCKER_DEFAULT_PLATFORM` breaks every task on another platform), so it is taken out: a setting takes its place
 * (`platform`, `builder`), or ours is right.
 *
 * Sources: the environment variables in Docker's reference of the `docker` command, in that of buildx, and in the CLI's
 * code, versions 20.10 to 29.
 */
const connects: ReadonlySet<string> = new Set([
  "DOCKER_API_VERSION",
  "DOCKER_AUTH_CONFIG",
  "DOCKER_CERT_PATH",
  "DOCKER_CONFIG",
  "DOCKER_CONTEXT",
  "DOCKER_CUSTOM_HEADERS",
  "DOCKER_HOST",
  "DOCKER_TLS",
  "DOCKER_TLS_VERIFY",
  "BUILDX_CONFIG",
]);

/**
 * What decides what is built or started. By name and not by prefix: a secret of the user's may be called `DOCKER_TOKEN`,
 * and a build finds it here.
 */
const decides = new RegExp(
  `^(?:${[
    "DOCKER_(?:DEFAULT_PLATFORM|BUILDKIT|CONTENT_TRUST(?:_\\w+)?|CLI_\\w+|HIDE_LEGACY_COMMANDS|SCAN_SUGGEST|STACK_ORCHESTRATOR|ORCHESTRATOR)",
    "BUILDX_(?:BUILDER|EXPERIMENTAL|METADATA_\\w+|NO_DEFAULT_\\w+|GIT_\\w+|BAKE_\\w+|CPU_PROFILE|MEM_PROFILE|SEND_GIT_QUERY_AS_INPUT)",
    "BUILDKIT_(?:HOST|PROGRESS|COLORS|TTY_LOG_LINES|NO_CLIENT_TOKEN|MULTI_PLATFORM|SYNTAX|SANDBOX_HOSTNAME|INLINE_CACHE|DOCKERFILE_CHECK|CACHE_MOUNT_NS|CONTEXT_KEEP_GIT_DIR|BUILD_NAME)",
    "EXPERIMENTAL_BUILDKIT_SOURCE_POLICY",
    "OTEL_\\w+", // a trace of a build that nobody here asked for may hang it
    "SOURCE_DATE_EPOCH", // would date the image, and so decide which of two is the newer one
  ].join("|")})$`,
);

/** The environment of the CLI and of what it starts. Pure. */
export function cliEnvironment(environment: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(
    Object.entries(environment).filter((entry): entry is [string, string] => {
      const [name, value] = entry;
      if (value === undefined || decides.test(name)) {
        return false;
      }
      // an empty one is one not set; of a folder, versions of the CLI take the one they are started in
      return value !== "" || !connects.has(name);
    }),
  );
}
