import { copyFile, mkdir, mkdtemp, rename } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "../../../scripts/shell.ts";

/**
 * A folder of one certificate for both ends, and who vouches for it: `ca.pem`, `cert.pem` and `key.pem`. In it is another,
 * `only-ca`, of a client that has no certificate.
 */
export async function certificatesForLoopback(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), "agent-runner-tls-"));
  const file = (name: string) => join(dir, name);
  const request = (name: string, ...more: string[]) =>
    run("openssl", [
      ...["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1"],
      ...["-keyout", file(`${name}-key.pem`), "-out", file(`${name}.pem`), ...more],
    ]);
  await request("ca", "-subj", "/CN=agent-runner-test-ca");
  await request(
    "cert",
    ...["-subj", "/CN=agent-runner-test"],
    ...[
      ...["-CA", file("ca.pem"), "-CAkey", file("ca-key.pem")],
      ...["-addext", "subjectAltName=IP:127.0.0.1"],
      ...["-addext", "extendedKeyUsage=serverAuth,clientAuth"],
      ...["-addext", "basicConstraints=critical,CA:false"],
    ],
  );
  await rename(file("cert-key.pem"), file("key.pem"));
  await mkdir(file("only-ca"));
  await copyFile(file("ca.pem"), file("only-ca/ca.pem"));
  return dir;
}
