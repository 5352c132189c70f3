import { X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { isAbsolute } from "node:path";
import { rootCertificates } from "node:tls";
import { quote } from "./problem.ts";
import { variableOf } from "./runners-own.ts";
import { UnusableFile } from "./workspace-file.ts";

/** The variables by which programs are told of a file with the certificates to trust. Their order is part of every key. */
export const certificateVariables = [
  "SSL_CERT_FILE",
  "NODE_EXTRA_CA_CERTS",
  "REQUESTS_CA_BUNDLE",
  "CURL_CA_BUNDLE",
  "PIP_CERT",
  "GIT_SSL_CAINFO",
  "CARGO_HTTP_CAINFO",
  "AWS_CA_BUNDLE",
  "DENO_CERT",
  "NIX_SSL_CERT_FILE",
  "BUNDLE_SSL_CA_CERT",
  "HEX_CACERTS_PATH",
] as const;

/** Where systems keep the authorities that they trust. */
const systemFiles = [
  "/etc/ssl/certs/ca-certificates.crt",
  "/etc/pki/tls/certs/ca-bundle.crt",
  "/etc/ssl/ca-bundle.pem",
  "/etc/ssl/cert.pem",
];

/** BuildKit takes no secret above 500 KiB. */
const maxBytes = 500 * 1024;

export interface CertificateSources {
  /** The step's own. */
  readonly environment: NodeJS.ProcessEnv;
  /** Reads the file that the setting names. */
  readonly read: (path: string) => Promise<Buffer>;
  /** Reads a file of this machine. */
  readonly readMachine?: (path: string) => Promise<Buffer>;
}

/**
 * The authorities that builds and tasks trust, in PEM: those that are given, and the machine's own, because most
 * programs take such a list in the place of theirs. Undefined where none are given.
 *
 * @param setting the path of a file, `auto` for those that the step's own programs are told of, or `off`
 * @throws UnusableFile of the file that the setting names; what only a variable names is left out
 */
export async function certificatesFor(
  setting: string,
  { environment, read, readMachine = readFile }: CertificateSources,
): Promise<string | undefined> {
  if (setting === "off") {
    return undefined;
  }
  const given =
    setting === "auto"
      ? await namedByVariables(environment, readMachine)
      : readable(setting, certificatesIn(setting, (await read(setting)).toString("latin1")));
  if (given.length === 0) {
    return undefined;
  }
  const bundle = joined([...given, ...(await machineCertificates(readMachine))]);
  if (bundle.length > maxBytes) {
    throw new UnusableFile(
      `${setting === "auto" ? "what the step's environment names" : quote(setting)} has more than ${maxBytes} bytes of certificates together with the machine's; name a file with your own authorities alone`,
    );
  }
  return bundle;
}

/**
 * Whether Node.js trusts by itself all that `auto` finds: only `NODE_EXTRA_CA_CERTS` names a file, or others name the
 * same. Pure.
 */
export function isAllNodes(environment: NodeJS.ProcessEnv): boolean {
  const nodes = variableOf(environment, "NODE_EXTRA_CA_CERTS");
  return namedFiles(environment).every((path) => path === nodes);
}

function namedFiles(environment: NodeJS.ProcessEnv): readonly string[] {
  const paths = certificateVariables.map((name) => variableOf(environment, name) ?? "");
  return [...new Set(paths.filter((one) => isAbsolute(one)))];
}

async function namedByVariables(
  environment: NodeJS.ProcessEnv,
  readMachine: (path: string) => Promise<Buffer>,
): Promise<readonly string[]> {
  const found: string[] = [];
  for (const path of namedFiles(environment)) {
    try {
      found.push(...certificatesIn(path, (await readMachine(path)).toString("latin1")));
    } catch {
      // the step's own programs do without it, too
    }
  }
  return found;
}

async function machineCertificates(
  readMachine: (path: string) => Promise<Buffer>,
): Promise<readonly string[]> {
  for (const path of systemFiles) {
    const text = await readMachine(path).catch(() => undefined);
    const found = text === undefined ? [] : blocksIn(text.toString("latin1"));
    if (found.length > 0) {
      return found;
    }
  }
  return rootCertificates;
}

/** The certificates of a file, and nothing else of it. @throws UnusableFile */
function certificatesIn(path: string, text: string): readonly string[] {
  if (/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(text)) {
    throw new UnusableFile(`${quote(path)} has a private key; name a file with certificates alone`);
  }
  const blocks = blocksIn(text);
  if (blocks.length === 0) {
    throw new UnusableFile(
      `${quote(path)} has no certificate in PEM form (\`-----BEGIN CERTIFICATE-----\`)`,
    );
  }
  return blocks;
}

/** Of a file that somebody made for this: a machine's list has a hundred, and looking at each takes longer than a hit may. */
function readable(path: string, blocks: readonly string[]): readonly string[] {
  if (!blocks.every(isCertificate)) {
    throw new UnusableFile(`${quote(path)} has a certificate that cannot be read`);
  }
  return blocks;
}

/** The certificates of a list, each in PEM. Pure. */
export function blocksIn(text: string): readonly string[] {
  const pem =
    /-----BEGIN (?:TRUSTED )?CERTIFICATE-----[\sA-Za-z0-9+/=]+-----END (?:TRUSTED )?CERTIFICATE-----/g;
  return text.match(pem) ?? [];
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).subject !== "";
  } catch {
    return false;
  }
}

/** Each once, in their order. */
function joined(blocks: readonly string[]): string {
  const plain = blocks.map((block) => block.trim().replaceAll("\r", ""));
  return `${[...new Set(plain)].join("\n")}\n`;
}
