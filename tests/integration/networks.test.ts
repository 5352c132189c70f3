import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { expect, test } from "vitest";
import { run } from "../../scripts/shell.ts";
import { certificateVariables } from "../../src/settings/certificates.ts";
import { USER_BASE_IMAGE } from "../harness/base-image.ts";
import { dockerLog } from "../harness/docker-log.ts";
import { jobFolder } from "../harness/runner-env.ts";
import { act, layer, messages, printed, salt } from "./support/act.ts";
import { bridgeAddress } from "./support/bare-image.ts";
import { ensureNodeImage, NODE_IMAGE } from "./support/node-image.ts";

const file = "/run/agent-runner/ca-certificates.crt";
const aptSettings = "/dev/shm/agent-runner-apt.conf";
const password = "pr0xy-pass-word";
/** Nobody listens there, and nobody asks. */
const proxy = `http://runner:${password}@192.0.2.1:9`;
const corpName = "corp-authority";

/** This machine may have authorities of its own. */
const none = Object.fromEntries(certificateVariables.map((name) => [name, ""]));

/** The environment of a step on a machine in a company's network. */
async function companys(): Promise<Record<string, string>> {
  const folder = await jobFolder();
  const [key, certificate] = [join(folder, "key.pem"), join(folder, "corp.pem")];
  await run("openssl", [
    ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"],
    ...["-subj", `/CN=${corpName}`, "-keyout", key, "-out", certificate],
  ]);
  return {
    https_proxy: proxy,
    NO_PROXY: "localhost,.corp.example",
    ...none,
    NODE_EXTRA_CA_CERTS: certificate,
    DOCKER_DEFAULT_PLATFORM: "linux/s390x",
    DOCKER_CONTENT_TRUST: "1",
    BUILDX_BUILDER: "not-there",
    SOURCE_DATE_EPOCH: "0",
  };
}

/** What a script or a task sees of its network, without a password. */
const look = (prefix: string) => [
  `echo "${prefix}$(printf %s "\${HTTPS_PROXY-none}" | sha256sum) $(printf %s "\${https_proxy-none}" | sha256sum)"`,
  `echo "${prefix}\${no_proxy-none} \${SSL_CERT_FILE-none} \${PIP_CERT-none} \${APT_CONFIG-none}"`,
  `echo "${prefix}$(head -n 2 ${file} 2>/dev/null | tail -n 1)"`,
];

const inputs = () => ({
  "base-image": USER_BASE_IMAGE,
  "cached-preflight": [`{`, ...look(""), `} >/var/tmp/seen`].join("\n"),
  "cache-version": salt(),
  command: ["sed 's/^/task: /' /var/tmp/seen", ...look("task: ")].join("\n"),
});

test("proxies and authorities reach build, fall-back and task alike, and no image and no key", async () => {
  const docker = await dockerLog();
  const company = await companys();
  const env = { ...company, ...docker.env };
  const mine = inputs();
  const corp = (await readFile(company.NODE_EXTRA_CA_CERTS ?? "", "utf8")).split("\n")[1];
  const fallback = await act(mine, { env });
  const built = await act({ ...mine, "cache-container-build": "true" }, { env });
  expect(layer(built, "env").source).toBe("built");
  const lines = printed(built);
  expect(lines).toHaveLength(6);
  expect(lines.slice(0, 3)).toEqual(lines.slice(3));
  expect(lines[0]).toMatch(/^task: ([0-9a-f]{64}) {2}- \1 {2}-$/);
  expect(lines[1]).toBe(`task: localhost,.corp.example ${file} ${file} ${aptSettings}`);
  expect(lines[2]).toBe(`task: ${corp}`);
  expect(printed(fallback)).toEqual(lines);

  expect((await docker.commands()).flat().join("\n")).not.toContain(password);
  for (const result of [built, fallback]) {
    expect(messages(result, "warning")).toEqual([]);
    expect(result.masks).toContain(password);
    expect(result.log).not.toContain(password);
  }
  const { reference } = layer(built, "env");
  const image = [
    await run("docker", ["history", "--no-trunc", reference]),
    await run("docker", ["image", "inspect", reference]),
  ].join("\n");
  expect(image).not.toContain(password);
  expect(image).not.toMatch(/PROXY=|https_proxy=/);
  const list = [
    "run",
    "--rm",
    "--entrypoint=find",
    reference,
    "/run",
    "/dev/shm",
    "-path",
    "*agent-runner*",
  ];
  expect(await run("docker", list)).toBe("");

  const elsewhere = await act({ ...mine, "cache-container-build": "true" }, { env: none });
  expect(layer(elsewhere, "env").source).toBe("local");
  expect(printed(elsewhere).slice(3)[1]).toBe("task: none none none none");
  const off = { ...mine, "cache-container-build": "true", proxy: "off", "ca-certificates": "off" };
  expect(printed(await act(off, { env })).slice(3)).toEqual(printed(elsewhere).slice(3));
});

test("what cannot be used of it is told", async () => {
  const loopback = await act(
    { command: "echo task: ${https_proxy-none}" },
    { env: { https_proxy: "http://127.0.0.1:9" } },
  );
  expect(printed(loopback)).toEqual(["task: none"]);
  expect(messages(loopback, "warning")).toEqual([expect.stringContaining("HTTPS_PROXY")]);
  const missing = await act({ command: "true", "ca-certificates": "not/there.pem" });
  expect(messages(missing, "error")).toEqual([
    expect.stringMatching(/^ca-certificates: .*not\/there\.pem/),
  ]);
});

test("a server with the company's certificate is believed by build and task, and only there", async () => {
  await ensureNodeImage();
  const host = await bridgeAddress();
  const folder = await jobFolder();
  const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")];
  await run("openssl", [
    ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"],
    ...[
      "-subj",
      "/CN=server",
      "-addext",
      `subjectAltName=IP:${host}`,
      "-keyout",
      key,
      "-out",
      cert,
    ],
  ]);
  const server = createServer(
    { key: await readFile(key), cert: await readFile(cert) },
    (_, response) => response.writeHead(404).end(),
  );
  server.listen(0, host);
  await once(server, "listening");
  try {
    const url = `https://${host}:${(server.address() as AddressInfo).port}/repository`;
    const ask = `(git ls-remote ${url} 2>&1 || true) | grep -oE "not found|certificate" | head -n 1`;
    const inputs = {
      "base-image": NODE_IMAGE,
      "cached-preflight": `{ ${ask}; } >/var/tmp/seen`,
      "cache-container-build": "true",
      command: `echo "task: $(cat /var/tmp/seen)"\necho "task: $(${ask})"`,
    };
    const known = { ...inputs, "cache-version": salt(), "ca-certificates": cert };
    const believed = await act(known, { env: none });
    expect(printed(believed)).toEqual(["task: not found", "task: not found"]);
    const without = { ...inputs, "cache-version": salt() };
    const doubted = await act(without, { env: none });
    expect(printed(doubted)).toEqual(["task: certificate", "task: certificate"]);
  } finally {
    server.closeAllConnections();
    server.close();
  }
});
