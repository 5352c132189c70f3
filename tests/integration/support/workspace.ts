import { chmod, mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { jobFolder } from "../../harness/runner-env.ts";

/** A new workspace with these files; a name that ends on `*` is one its owner may execute. */
export async function workspaceWith(
  files: Readonly<Record<string, string | Buffer>>,
): Promise<string> {
  const workspace = join(await jobFolder(), "demo", "demo");
  await mkdir(workspace, { recursive: true });
  for (const [name, content] of Object.entries(files)) {
    const path = join(workspace, name.replace(/\*$/, ""));
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, content);
    await chmod(path, name.endsWith("*") ? 0o755 : 0o644);
  }
  return workspace;
}
