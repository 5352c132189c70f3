import { rootCertificates } from "node:tls";
import { describe, expect, it } from "vitest";
import { certificatesFor, certificateVariables } from "../../../src/settings/certificates.ts";
import { UnusableFile } from "../../../src/settings/workspace-file.ts";

const [own = "", another = "", systems = ""] = rootCertificates;
const key = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";

/** What is trusted where there are these files, and these variables. */
function trusted(
  setting: string,
  files: Readonly<Record<string, string>>,
  environment: NodeJS.ProcessEnv = {},
) {
  const read = async (path: string) => {
    const text = files[path];
    if (text === undefined) {
      throw new UnusableFile(`\`${path}\` does not exist`);
    }
    return Buffer.from(text);
  };
  return certificatesFor(setting, { environment, read, readMachine: read });
}

const system = { "/etc/ssl/certs/ca-certificates.crt": `# the system's\n${systems}\n` };

describe("the authorities that builds and tasks trust", () => {
  it("are a file's, and the machine's own behind them, each once", async () => {
    const text = `subject=a\r\n${own.replaceAll("\n", "\r\n")}\n${systems}\n${own}`;
    expect(await trusted("corp.pem", { ...system, "corp.pem": text })).toBe(`${own}\n${systems}\n`);
  });

  it("are Node's own where the machine has no list", async () => {
    const bundle = (await trusted("corp.pem", { "corp.pem": own })) ?? "";
    expect(bundle.split("BEGIN CERTIFICATE")).toHaveLength(new Set(rootCertificates).size + 1);
  });

  it.each(certificateVariables)("are with `auto` what %s names", async (name) => {
    const files = { ...system, "/corp.pem": own };
    expect(await trusted("auto", files, { [name]: "/corp.pem" })).toBe(`${own}\n${systems}\n`);
  });

  it("are with `auto` those of several files", async () => {
    const files = { ...system, "/a.pem": own, "/b.pem": another };
    const environment = { SSL_CERT_FILE: "/a.pem", PIP_CERT: "/b.pem", CURL_CA_BUNDLE: "/a.pem" };
    expect(await trusted("auto", files, environment)).toBe(`${own}\n${another}\n${systems}\n`);
  });

  it.each([
    ["nothing is named", {}],
    ["the file is not there", { SSL_CERT_FILE: "/gone.pem" }],
    ["it is no file of certificates", { SSL_CERT_FILE: "/text" }],
    ["it has a private key", { SSL_CERT_FILE: "/key.pem" }],
    ["it is relative: the workspace may be a stranger's", { SSL_CERT_FILE: "corp.pem" }],
    ["the variable is empty", { NODE_EXTRA_CA_CERTS: "" }],
  ])("are with `auto` none where %s", async (_, environment) => {
    const files = { ...system, "/text": "hello", "/key.pem": own + key, "corp.pem": own };
    expect(await trusted("auto", files, environment)).toBeUndefined();
  });

  it("are none with `off`, whatever is named", async () => {
    const files = { ...system, "/corp.pem": own };
    expect(await trusted("off", files, { SSL_CERT_FILE: "/corp.pem" })).toBeUndefined();
  });

  it.each([
    ["is not there", undefined, /does not exist/],
    ["has no certificate", "hello", /no certificate in PEM form/],
    ["has a private key", own + key, /private key/],
    ["has a broken one", own.replace(/\n.{10}/, "\n"), /cannot be read/],
  ])("cannot be of a file that %s", async (_, text, why) => {
    const files = text === undefined ? system : { ...system, "corp.pem": text };
    await expect(trusted("corp.pem", files)).rejects.toThrow(why);
  });

  it("cannot be more than a build takes", async () => {
    const many = Array.from({ length: 2000 }, (_, n) => own.replace("\n", `\n${n}`)).join("\n");
    const files = { "/etc/ssl/cert.pem": many, "corp.pem": own };
    await expect(trusted("corp.pem", files)).rejects.toThrow(/more than 512000 bytes/);
  });
});
