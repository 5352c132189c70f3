/** The worker, on a machine where the name of the stand-in for GitHub's blob servers leads to loopback. */
import dns from "node:dns";
import { AZURE_HOST } from "./cache-service.ts";

const lookUp = dns.lookup;
dns.lookup = ((host: string, ...rest: unknown[]) =>
  Reflect.apply(lookUp, dns, [host === AZURE_HOST ? "127.0.0.1" : host, ...rest])) as typeof lookUp;

await import("../../src/cache-worker.ts");
