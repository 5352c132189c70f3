/** A network of its own, with one way out: to a port of this machine. */
import { randomBytes } from "node:crypto";
import { attempt, run, which } from "../../../scripts/shell.ts";

export interface Enclosure {
  /** Its name, see `ip netns`. */
  namespace: string;
  /** This machine as it is seen from in there, and it alone. */
  outside: string;
  /** With all that is in it; what runs there ends first. */
  remove(): Promise<void>;
}

/** @param port where that way leads, by TCP; all else is refused */
export async function enclose(port: number): Promise<Enclosure> {
  const name = `ar${randomBytes(4).toString("hex")}`;
  const [here, there] = [`${name}o`, `${name}i`];
  const ip = (...args: string[]) => run(which("ip") ?? "ip", args);
  const within = (program: string, ...args: string[]) =>
    run(which("nsenter") ?? "nsenter", [
      ...[`--net=/run/netns/${name}`, which(program) ?? program],
      ...args,
    ]);
  const routes = await ip("-4", "route", "show", "table", "all");
  const subnet = Array.from({ length: 250 }, (_, index) => `172.30.${index + 1}`).find(
    (one) => !routes.includes(`${one}.`),
  );
  if (subnet === undefined) throw new Error("no free subnet in 172.30.0.0/16");
  const remove = async () => {
    await attempt(which("ip") ?? "ip", ["netns", "delete", name]);
    await attempt(which("ip") ?? "ip", ["link", "delete", here]);
  };
  try {
    await ip("netns", "add", name);
    await ip("link", "add", here, "type", "veth", "peer", "name", there, "netns", name);
    await ip("address", "add", `${subnet}.1/24`, "dev", here);
    await ip("link", "set", here, "up");
    await within("ip", "address", "add", `${subnet}.2/24`, "dev", there);
    await within("ip", "link", "set", "lo", "up");
    await within("ip", "link", "set", there, "up");
    const allowed = ["--out-interface", there, "--destination", `${subnet}.1`];
    for (const chain of ["OUTPUT", "FORWARD"]) {
      const tcp = [...allowed, "--protocol", "tcp", "--dport", String(port)];
      await within("iptables", "-w", "-A", chain, ...tcp, "--jump", "ACCEPT");
      await within("iptables", "-w", "-A", chain, "--out-interface", there, "--jump", "REJECT");
    }
  } catch (error) {
    await remove();
    throw error;
  }
  return { namespace: name, outside: `${subnet}.1`, remove };
}
