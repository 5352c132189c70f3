/** A proxy's names in the environment: programs read one, the other or both. */
const proxyNames = ["http_proxy", "https_proxy", "ftp_proxy", "all_proxy"] as const;
const exceptions = "no_proxy";

/** The proxies of the step that builds and tasks get. */
export interface Proxies {
  /** In both spellings: `HTTPS_PROXY` and `https_proxy`. */
  readonly values: ReadonlyMap<string, string>;
  /** What cannot be handed over, and what to do; there is none where there is nothing to say. */
  readonly warning: string | undefined;
}

/** Where nothing is handed over. */
export const noProxies: Proxies = { values: new Map(), warning: undefined };

/**
 * The proxies of the step's environment as builds and tasks get them. A proxy on the runner's loopback is left out: in
 * a container that address is the container. Pure.
 *
 * @param given what somebody else gives, by its name in small letters: `proxies` of Docker's own configuration
 */
export function proxiesOf(
  environment: NodeJS.ProcessEnv,
  given: ReadonlySet<string> = new Set(),
): Proxies {
  const found = proxyNames.flatMap((name) => {
    const value = valueNamed(environment, name);
    return value === undefined || given.has(name) ? [] : [{ name, value }];
  });
  const hidden = found.filter(({ value }) => placeOfProxy(value)?.isLoopback);
  const usable = found.filter((one) => !hidden.includes(one));
  const values = new Map<string, string>();
  for (const { name, value } of usable) {
    values.set(name.toUpperCase(), value).set(name, value);
  }
  const except = valueNamed(environment, exceptions);
  if (usable.length > 0 && except !== undefined && !given.has(exceptions)) {
    values.set(exceptions.toUpperCase(), except).set(exceptions, except);
  }
  const names = hidden.map(({ name }) => name.toUpperCase()).join(", ");
  const warning =
    names === ""
      ? undefined
      : `builds and tasks go without the proxy of ${names}: it listens on this machine alone, where no container reaches it. Give it by an address that containers reach, or \`proxy: off\``;
  return { values, warning };
}

/** What the user's `env` leaves of them: a proxy it names is its own, in whichever spelling. Pure. */
export function withoutNamed(
  proxies: ReadonlyMap<string, string>,
  own: ReadonlyMap<string, string>,
): ReadonlyMap<string, string> {
  const named = new Set([...own.keys()].map((name) => name.toLowerCase()));
  return new Map([...proxies].filter(([name]) => !named.has(name.toLowerCase())));
}

/** What is secret of the step's proxies, whether anybody gets them or not: those with a password. Pure. */
export function proxySecrets(environment: NodeJS.ProcessEnv): readonly string[] {
  return Object.entries(environment).flatMap(([name, value = ""]) => {
    const isProxy = (proxyNames as readonly string[]).includes(name.toLowerCase());
    const [, user, password] =
      (isProxy && /^(?:[a-z0-9+.-]+:\/\/)?([^/]*?):([^/]*)@/i.exec(value)) || [];
    if (user === undefined || password === undefined || password === "") {
      return [];
    }
    const plain = decoded(password);
    return [value, password, plain, `${decoded(user)}:${plain}`];
  });
}

function valueNamed(environment: NodeJS.ProcessEnv, name: string): string | undefined {
  return environment[name] || environment[name.toUpperCase()] || undefined;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/**
 * Where a proxy is, without its scheme and login, and whether that is the loopback; undefined where its address cannot
 * be read. It may be given without a scheme. Pure.
 */
export function placeOfProxy(
  proxy: string,
): { readonly host: string; readonly isLoopback: boolean } | undefined {
  const address = /^[a-z][a-z0-9+.-]*:\/\//i.test(proxy) ? proxy : `http://${proxy}`;
  if (!URL.canParse(address)) {
    return undefined;
  }
  // of a scheme that is not the web's the host is not brought into its plain form
  const { host, hostname } = new URL(address.replace(/^[a-z0-9+.-]+:/i, "http:"));
  return { host, isLoopback: isLoopbackName(hostname) };
}

function isLoopbackName(hostname: string): boolean {
  return /^(?:localhost|.*\.localhost|127\..*|0\.0\.0\.0|\[::1?\]|\[::ffff:7f.*\])\.?$/.test(
    hostname,
  );
}
