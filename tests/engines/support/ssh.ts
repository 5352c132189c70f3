/** An engine's machine that is reached by SSH: a server of our own on loopback, and the `ssh` of one who may log in. */
import { spawn } from "node:child_process";
import { chmod, glob, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { userInfo } from "node:os";
import { delimiter, join } from "node:path";
import { attempt, endProcess, run, which } from "../../../scripts/shell.ts";
import { freePort } from "./free-port.ts";
import { unpacked } from "./unpacked.ts";

/** What is amiss with who comes, if anything. */
export type Caller = "known" | "with another key" | "who does not know the host";

export interface SshMachine {
  /** The engine's address, and a PATH whose `ssh` goes by our own configuration: it has no variable for that. */
  as(caller: Caller): { DOCKER_HOST: string; PATH: string };
}

/** @param engine which answers there, by `docker system dial-stdio` */
export async function withSsh(
  engine: { DOCKER_HOST: string },
  body: (machine: SshMachine) => Promise<void>,
): Promise<void> {
  const server = await unpacked("sshd", ["openssh-server", "libwrap0", "libnsl2", "libtirpc3"]);
  // sshd reads no key that others could have written: not one below a temp folder that is everybody's
  const dir = await mkdtemp("/var/tmp/agent-runner-ssh-");
  const file = (name: string) => join(dir, name);
  for (const name of ["host", "known", "another"]) {
    await run("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", file(name)]);
  }
  const port = await freePort();
  const key = (await readFile(file("host.pub"), "utf8")).trim();
  await writeFile(file("hosts"), `[127.0.0.1]:${port} ${key}\n`);
  await writeFile(file("no-hosts"), "");
  await writeFile(
    file("sshd_config"),
    [
      `ListenAddress 127.0.0.1:${port}`,
      `HostKey ${file("host")}`,
      `AuthorizedKeysFile ${file("known.pub")}`,
      "PidFile none",
      "LogLevel ERROR",
      "UsePAM no",
      "StrictModes no",
      "PermitRootLogin yes",
      "PasswordAuthentication no",
      "KbdInteractiveAuthentication no",
      `SetEnv DOCKER_HOST=${engine.DOCKER_HOST}`,
      "",
    ].join("\n"),
  );
  const bins = new Map<Caller, string>();
  for (const [caller, identity, hosts] of [
    ["known", "known", "hosts"],
    ["with another key", "another", "hosts"],
    ["who does not know the host", "known", "no-hosts"],
  ] as const) {
    const bin = file(`bin-${bins.size}`);
    bins.set(caller, bin);
    await mkdir(bin);
    const config = [`IdentityFile ${file(identity)}`, `UserKnownHostsFile ${file(hosts)}`];
    await writeFile(join(bin, "config"), [...config, "IdentitiesOnly yes", ""].join("\n"));
    const ssh = ["#!/bin/sh", `exec ${which("ssh")} -F ${join(bin, "config")} "$@"`, ""];
    await writeFile(join(bin, "ssh"), ssh.join("\n"));
    await chmod(join(bin, "ssh"), 0o755);
  }
  await writeFile(file("passwd"), await accounts());
  // sshd wants an account and a folder, which Debian's package makes: here they are only in a mount namespace of its own
  const inside = 'mount --bind "$1" /etc/passwd && mkdir -p /run/sshd && shift && exec "$@"';
  const daemon = spawn(
    which("unshare") ?? "unshare",
    [
      ...["--mount", "--propagation", "private", "sh", "-c", inside, "sh", file("passwd")],
      ...[join(server, "usr/sbin/sshd"), "-D", "-e", "-f", file("sshd_config")],
    ],
    {
      stdio: ["ignore", "ignore", "inherit"],
      env: { ...process.env, LD_LIBRARY_PATH: await libraries(server) },
    },
  );
  const as = (caller: Caller) => ({
    DOCKER_HOST: `ssh://${userInfo().username}@127.0.0.1:${port}`,
    PATH: `${bins.get(caller)}${delimiter}${process.env.PATH}`,
  });
  try {
    await untilItAnswers(as("known"));
    await body({ as });
  } finally {
    await endProcess(daemon.pid as number);
    await rm(dir, { recursive: true });
  }
}

/** Where its libraries are, whatever this machine's architecture is called. */
async function libraries(files: string): Promise<string> {
  const found: string[] = [];
  for await (const path of glob("{usr/,}lib/*-linux-gnu*", { cwd: files })) {
    found.push(join(files, path));
  }
  return found.join(delimiter);
}

async function accounts(): Promise<string> {
  const text = await readFile("/etc/passwd", "utf8");
  return /^sshd:/m.test(text) ? text : `${text}sshd:x:65533:65534::/run/sshd:/usr/sbin/nologin\n`;
}

async function untilItAnswers(env: Record<string, string>): Promise<void> {
  const deadline = Date.now() + 20_000;
  for (;;) {
    const { code, stderr } = await attempt("docker", ["version"], { env });
    if (code === 0) return;
    if (Date.now() > deadline) throw new Error(`no engine answers by SSH after 20 s: ${stderr}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
