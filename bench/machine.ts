/** The machine in words that say what matters for the figures and nothing that identifies it. */
import { readFile } from "node:fs/promises";
import { cpus, totalmem } from "node:os";
import { run } from "../scripts/shell.ts";

export async function describeMachine(): Promise<string> {
  const release = await readFile("/etc/os-release", "utf8").catch(() => "");
  const name = /^NAME="?([^"/\n]+)/m.exec(release)?.[1]?.replace(" GNU", "") ?? process.platform;
  const version = /^VERSION_ID="?([^"\n]+)/m.exec(release)?.[1] ?? "";
  const engine = await run("docker", ["version", "--format", "{{.Server.Version}}"]);
  const short = /^\d+\.\d+/.exec(engine)?.[0] ?? engine.trim();
  const cpu = /^model name\s*:\s*(.+)$/m.exec(
    await readFile("/proc/cpuinfo", "utf8").catch(() => ""),
  )?.[1];
  const model = cpu?.replace(/\((?:R|TM)\)/gi, "").trim();
  const memory = Math.round(totalmem() / 2 ** 30);
  return `${cpus().length} cores${model ? ` (${model})` : ""}, ${memory} GB, ${`${name} ${version}`.trim()}, Docker ${short}`;
}
