/** The built action as an ordinary user runs it: GitHub's hosted runners are not root, and many of one's own are not. */
import { chmod, cp, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { jobFolder } from "../../harness/runner-env.ts";
import { runner } from "../../integration/support/task-users.ts";

const root = join(import.meta.dirname, "../../..");

/**
 * @returns an entry that gives the job's files to the runner's user and becomes that user before the action begins; the
 *   action is a copy, since this checkout may lie where only root can look
 */
export async function entryAsRunner(): Promise<string> {
  const folder = await jobFolder();
  await chmod(folder, 0o755);
  for (const part of ["dist", "container", "desktop", "package.json", "action.yml"]) {
    await cp(join(root, part), join(folder, part), { recursive: true });
  }
  const entry = join(folder, "as-runner.mjs");
  await writeFile(
    entry,
    [
      'import { chmodSync, chownSync, readdirSync } from "node:fs";',
      'import { dirname, join } from "node:path";',
      `const [uid, gid] = [${runner.uid}, ${runner.gid}];`,
      "const job = dirname(process.env.RUNNER_TEMP);",
      "chmodSync(job, 0o755);",
      'chmodSync(join(process.env.GITHUB_WORKSPACE, "../.."), 0o755);',
      "for (const name of readdirSync(job, { recursive: true })) chownSync(join(job, name), uid, gid);",
      "process.setgroups([gid]);",
      "process.setgid(gid);",
      "process.setuid(uid);",
      `process.env.HOME = join(process.env.RUNNER_TEMP, "home");`,
      `await import(${JSON.stringify(join(folder, "dist/index.js"))});`,
      "",
    ].join("\n"),
  );
  return entry;
}
