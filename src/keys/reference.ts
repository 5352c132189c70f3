/** An image reference, taken apart. Nothing is added that the reference does not say. */
export interface Reference {
  /** Host with an optional port, when the first path component is one (`ghcr.io`, `127.0.0.1:5000`). */
  readonly registry: string | undefined;
  /** Path below the registry, such as `lunamidori5/pixelarch`. */
  readonly repository: string;
  readonly tag: string | undefined;
  /** `sha256:…`, 64 hex characters. */
  readonly digest: string | undefined;
}

// The grammar of github.com/distribution/reference, which the engine itself follows.
const component = "[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*";
const host =
  "(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?(?:\\.[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)*|\\[[0-9a-fA-F:]+\\])(?::[0-9]+)?";
const path = `${component}(?:/${component})*`;
const grammar = new RegExp(
  `^(?:(?<registry>${host})/)?(?<repository>${path})(?::(?<tag>[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}))?(?:@(?<digest>sha256:[0-9a-f]{64}))?$`,
);
const registryGrammar = new RegExp(`^${host}(?:/${path})?$`);

/** Takes an image reference apart, or says `undefined` when it is not one. */
export function parseReference(text: string): Reference | undefined {
  const groups = grammar.exec(text)?.groups;
  if (groups === undefined) {
    return undefined;
  }
  const first = groups.registry;
  const isHost =
    first !== undefined &&
    (/[.:[]/.test(first) || first === "localhost" || first !== first.toLowerCase());
  if (first !== undefined && !isHost) {
    // `library/debian`: the first component is part of the path, as in Docker's own rule
    return parsePathOnly(text);
  }
  return {
    registry: first,
    repository: groups.repository as string,
    tag: groups.tag,
    digest: groups.digest,
  };
}

const pathOnly = new RegExp(
  `^(?<repository>${path})(?::(?<tag>[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}))?(?:@(?<digest>sha256:[0-9a-f]{64}))?$`,
);

function parsePathOnly(text: string): Reference | undefined {
  const groups = pathOnly.exec(text)?.groups;
  return groups === undefined
    ? undefined
    : {
        registry: undefined,
        repository: groups.repository as string,
        tag: groups.tag,
        digest: groups.digest,
      };
}

/** Whether a text can stand before `/agent-runner-env:<key>`: a registry host, or host and path. */
export function isRegistryPath(text: string): boolean {
  return registryGrammar.test(text);
}

/** Registry and repository of a reference, without tag and digest. */
export function nameOf(reference: Reference): string {
  return reference.registry === undefined
    ? reference.repository
    : `${reference.registry}/${reference.repository}`;
}

/**
 * The readable first part of a key: the base reference's tag, `latest` without tag and digest, the
 * repository's last component with a digest alone; lowercased and made safe for a tag, at most 16
 * characters.
 */
export function variant(reference: Reference): string {
  const raw =
    reference.tag ??
    (reference.digest === undefined
      ? "latest"
      : (reference.repository.split("/").at(-1) as string));
  const safe = raw
    .toLowerCase()
    .replace(/[^a-z0-9_.-]/g, "_")
    .slice(0, 16)
    .replace(/^[._-]+|[._-]+$/g, "");
  return safe === "" ? "base" : safe;
}
