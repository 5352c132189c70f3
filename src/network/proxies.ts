import { BlockList, isIP } from "node:net";

/**
 * Gives proxies without a scheme theirs, in place: `proxy.example:3128` is one of HTTP to most programs, and to the
 * package that asks for us an address of the scheme `proxy.example:`, which it goes past.
 */
export function completeProxies(environment: NodeJS.ProcessEnv): void {
  for (const [name, value] of Object.entries(environment)) {
    if (/^https?_proxy$/i.test(name) && value && !value.includes("://")) {
      environment[name] = `http://${value}`;
    }
  }
}

/**
 * Whether a host is asked without the step's proxy by an entry of `NO_PROXY` that the package which asks for us does not
 * know, and Docker and curl do: `*.corp.example`, or a network (`10.0.0.0/8`) with the address that the host is given
 * by. Pure.
 */
export function isExcepted({ hostname }: URL, environment: NodeJS.ProcessEnv): boolean {
  const entries = (environment.no_proxy || environment.NO_PROXY || "").split(/[\s,]+/);
  const host = hostname.toLowerCase().replace(/^\[(.*)\]$/, "$1");
  const named = entries.some(
    (entry) => entry.startsWith("*.") && host.endsWith(entry.slice(1).toLowerCase()),
  );
  return named || (isIP(host) !== 0 && isInNetwork(host, entries));
}

function isInNetwork(address: string, entries: readonly string[]): boolean {
  const networks = new BlockList();
  for (const [network = "", bits = ""] of entries.map((entry) => entry.split("/"))) {
    const family = isIP(network);
    if (family !== 0 && /^\d+$/.test(bits) && Number(bits) <= (family === 6 ? 128 : 32)) {
      networks.addSubnet(network, Number(bits), family === 6 ? "ipv6" : "ipv4");
    }
  }
  return networks.check(address, isIP(address) === 6 ? "ipv6" : "ipv4");
}
