/**
 * Debian's squid as companies have it: it lets in only who has a name and a password, opens every TLS connection with
 * an authority of its own, and alone knows where hosts are. Unpacked into the cache folder, never installed.
 */
import { spawn } from "node:child_process";
import { existsSync, openSync } from "node:fs";
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { withPrivateApt } from "../../../scripts/engine-install.ts";
import { endProcess, isAlive, run } from "../../../scripts/shell.ts";

const cache = join(import.meta.dirname, "../../../.cache/squid");
/** The variant that opens TLS, and what it needs beside a minimal Debian's own. */
const packages = [
  "squid-openssl",
  "squid-common",
  "squid-langpack",
  "libecap3",
  "libltdl7",
  "libtdb1",
];

/** Where its files are. Fetched once. */
async function unpacked(): Promise<string> {
  const files = join(cache, "files");
  if (!existsSync(join(files, "done"))) {
    await rm(cache, { recursive: true, force: true });
    await mkdir(cache, { recursive: true });
    await withPrivateApt(false, async (options) => {
      await run("apt-get", [...options, "-qq", "update"]);
      await run("apt-get", [...options, "-qq", "download", ...packages], { cwd: cache });
    });
    for (const name of (await readdir(cache)).filter((one) => one.endsWith(".deb"))) {
      await run("dpkg-deb", ["-x", join(cache, name), files]);
      await rm(join(cache, name));
    }
    await writeFile(join(files, "done"), "");
  }
  return files;
}

export interface Authority {
  /** Both in PEM; the certificate's file is what is given to who is to trust it. */
  readonly certificate: string;
  readonly key: string;
}

export interface Squid {
  /** What was asked of it: user, method, address, status. */
  log(): Promise<readonly Asked[]>;
  stop(): Promise<void>;
}

export interface Asked {
  readonly user: string;
  readonly method: string;
  readonly url: string;
  readonly status: number;
}

/**
 * Starts one that outlives no test.
 *
 * @param listen `address:port`
 * @param hosts the names that it knows, and where they are
 */
export async function startSquid(options: {
  listen: string;
  user: string;
  password: string;
  authority: Authority;
  hosts: ReadonlyMap<string, string>;
}): Promise<Squid> {
  const files = await unpacked();
  const dir = await mkdtemp(join(tmpdir(), "agent-runner-squid-"));
  // it gives up being root
  await chmod(dir, 0o777);
  const libraries = (await run("find", [files, "-name", "*.so.*", "-printf", "%h\\n"])).split("\n");
  const env = { LD_LIBRARY_PATH: [...new Set(libraries.filter((one) => one !== ""))].join(":") };
  const own = (name: string) => join(dir, name);
  const lib = join(files, "usr/lib/squid");
  const hashed = await run("openssl", ["passwd", "-apr1", "-stdin"], { input: options.password });
  await writeFile(own("users"), `${options.user}:${hashed}`);
  const hosts = [...options.hosts].map(([name, address]) => `${address} ${name}`);
  await writeFile(own("hosts"), `${hosts.join("\n")}\n`);
  await writeFile(own("access.log"), "", { mode: 0o666 });
  await chmod(own("access.log"), 0o666);
  const { certificate, key } = options.authority;
  await run("cp", [certificate, own("ca.pem")]);
  await run("cp", [key, own("ca-key.pem")]);
  await run("chmod", ["a+r", own("ca.pem"), own("ca-key.pem"), own("users"), own("hosts")]);
  await run(join(lib, "security_file_certgen"), ["-c", "-s", own("made"), "-M", "4MB"], { env });
  await run("chmod", ["-R", "a+rwX", own("made")]);
  const config = [
    `http_port ${options.listen} ssl-bump generate-host-certificates=on tls-cert=${own("ca.pem")} tls-key=${own("ca-key.pem")}`,
    `sslcrtd_program ${join(lib, "security_file_certgen")} -s ${own("made")} -M 4MB`,
    "sslcrtd_children 2 startup=1 idle=1",
    `unlinkd_program ${join(lib, "unlinkd")}`,
    `logfile_daemon ${join(lib, "log_file_daemon")}`,
    `pinger_program ${join(lib, "pinger")}`,
    "ssl_bump bump all",
    `tls_outgoing_options cafile=${own("ca.pem")}`,
    `auth_param basic program ${join(lib, "basic_ncsa_auth")} ${own("users")}`,
    "auth_param basic children 1 startup=1 idle=1",
    "auth_param basic realm company",
    "acl known proxy_auth REQUIRED",
    "http_access allow known",
    "http_access deny all",
    "cache deny all",
    `hosts_file ${own("hosts")}`,
    // what is in none of its hosts is nowhere
    "dns_nameservers 127.0.0.1",
    "dns_timeout 1 second",
    "logformat asked %ts %un %rm %ru %>Hs",
    `access_log stdio:${own("access.log")} logformat=asked`,
    "buffered_logs off",
    "strip_query_terms off",
    `cache_log ${own("cache.log")}`,
    `pid_filename ${own("pid")}`,
    `coredump_dir ${dir}`,
    `mime_table ${join(files, "usr/share/squid/mime.conf")}`,
    `icon_directory ${join(files, "usr/share/squid/icons")}`,
    `error_directory ${join(files, "usr/share/squid-langpack/en")}`,
    `err_page_stylesheet ${join(files, "etc/squid/errorpage.css")}`,
    "visible_hostname proxy.company.example",
    "shutdown_lifetime 0 seconds",
    "pinger_enable off",
    "netdb_filename none",
    "request_body_max_size 0",
    "via off",
    "forwarded_for delete",
  ];
  await writeFile(own("squid.conf"), `${config.join("\n")}\n`);
  const out = openSync(own("out.log"), "w");
  const child = spawn(join(files, "usr/sbin/squid"), ["-N", "-f", own("squid.conf")], {
    env: { PATH: process.env.PATH, ...env },
    stdio: ["ignore", out, out],
  });
  const pid = child.pid;
  if (pid === undefined) throw new Error("cannot start squid");
  child.unref();
  const abandon = () => child.kill("SIGTERM");
  process.once("exit", abandon);
  const deadline = performance.now() + 30_000;
  while (
    !/^.*Accepting SSL bumped/m.test(await readFile(own("cache.log"), "utf8").catch(() => ""))
  ) {
    if (!(await isAlive(pid)) || performance.now() > deadline) {
      const said = await readFile(own("cache.log"), "utf8").catch(() => "");
      throw new Error(`squid does not listen: ${await readFile(own("out.log"), "utf8")}${said}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return {
    async log() {
      const lines = (await readFile(own("access.log"), "utf8")).split("\n");
      return lines
        .filter((line) => line !== "")
        .map((line) => {
          const [, user = "", method = "", url = "", status] = line.split(" ");
          return { user, method, url, status: Number(status) };
        });
    },
    async stop() {
      process.off("exit", abandon);
      await endProcess(pid);
      await rm(dir, { recursive: true, force: true });
    },
  };
}
