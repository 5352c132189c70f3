import { lookup } from "node:dns/promises";
import { BlockList, isIP } from "node:net";

/** What the engine was told of registries: it pulls and pushes by this. */
export interface EngineRegistries {
  /** Base addresses that it asks before Docker Hub, in this order: `https://mirror.example/`. */
  readonly mirrors: readonly string[];
  /** `host` or `host:port` of those it speaks to without a trusted certificate, or in plain HTTP. */
  readonly insecureHosts: readonly string[];
  /** The same as networks: `127.0.0.0/8`. */
  readonly insecureNetworks: readonly string[];
}

/** Asks the engine; undefined where it does not say. */
export type AskEngine = () => Promise<EngineRegistries | undefined>;

/**
 * Whether the engine speaks to a registry without a trusted certificate: by its name with the port, or because one of
 * its addresses is in a network.
 */
export async function isInsecure(
  host: string,
  { insecureHosts, insecureNetworks }: EngineRegistries,
  addressesOf = resolve,
): Promise<boolean> {
  if (insecureHosts.some((one) => one.toLowerCase() === host.toLowerCase())) {
    return true;
  }
  const networks = new BlockList();
  for (const network of insecureNetworks) {
    const [address = "", bits] = network.split("/");
    const family = isIP(address);
    if (family !== 0 && bits !== undefined && Number(bits) <= (family === 6 ? 128 : 32)) {
      networks.addSubnet(address, Number(bits), family === 6 ? "ipv6" : "ipv4");
    }
  }
  const name = host.replace(/:\d+$/, "").replace(/^\[(.*)\]$/, "$1");
  const addresses = isIP(name) === 0 ? await addressesOf(name) : [name];
  return addresses.some((one) => networks.check(one, isIP(one) === 6 ? "ipv6" : "ipv4"));
}

async function resolve(name: string): Promise<readonly string[]> {
  if (/^[\d.]+$/.test(name)) {
    return []; // `127.1`: only the system's own look-up takes that for an address
  }
  const found = await lookup(name, { all: true }).catch(() => []);
  return found.map(({ address }) => address);
}
