/** An authority of the tests', and what it signs: for a server by its names, or for a client. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "../../../scripts/shell.ts";

export interface Pair {
  cert: string;
  key: string;
}

export interface Authority {
  ca: string;
  server(name: string): Promise<Pair>;
  client(): Promise<Pair>;
  end(): Promise<void>;
}

export async function authority(): Promise<Authority> {
  const dir = await mkdtemp(join(tmpdir(), "agent-runner-authority-"));
  const file = (name: string) => join(dir, name);
  const text = (name: string) => readFile(file(name), "utf8");
  const make = async (name: string, ...more: string[]): Promise<Pair> => {
    await run("openssl", [
      ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"],
      ...["-days", "1", "-subj", `/CN=agent-runner-test-${name}`],
      ...["-keyout", file(`${name}.key`), "-out", file(`${name}.pem`), ...more],
    ]);
    return { cert: await text(`${name}.pem`), key: await text(`${name}.key`) };
  };
  const { cert: ca } = await make("ca");
  const signed = (name: string, ...extensions: string[]) =>
    make(
      name,
      ...["-CA", file("ca.pem"), "-CAkey", file("ca.key")],
      ...["basicConstraints=critical,CA:false", ...extensions].flatMap((one) => ["-addext", one]),
    );
  return {
    ca,
    server: (name) => signed("server", `subjectAltName=DNS:${name}`, "extendedKeyUsage=serverAuth"),
    client: () => signed("client", "extendedKeyUsage=clientAuth"),
    end: () => rm(dir, { recursive: true }),
  };
}
