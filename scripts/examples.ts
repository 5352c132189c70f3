/**
 * Writes the examples with the action's owner filled in: `npm run examples -- --owner NAME [--ref SHA] [--out FOLDER]`.
 * Without a folder it prints what they would be. Files that are there already are left as they are.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";

const root = join(import.meta.dirname, "..");
export const placeholder = "OWNER/agent-runner@v1";

/** Where each example goes in a repository, with the owner filled in. Pure but for reading. */
export function examples(owner: string, ref: string): ReadonlyMap<string, string> {
  const workflows = readdirSync(join(root, "examples/workflows")).map(
    (name) => [`examples/workflows/${name}`, `.github/workflows/${name}`] as const,
  );
  const environment = ["environment.yml", "scripts/cached-preflight.sh"].map(
    (name) => [`examples/agent/${name}`, name] as const,
  );
  return new Map(
    [...workflows, ...environment].map(([from, to]) => [
      to,
      readFileSync(join(root, from), "utf8")
        .replace(/^# OWNER\/agent-runner@v1 stands for this action.*\n(?:#\n)?/m, "")
        .replaceAll(placeholder, `${owner}/agent-runner@${ref}`)
        .replace("$schema=../../environment.schema.json", `$schema=${schemaUrl(owner, ref)}`),
    ]),
  );
}

function schemaUrl(owner: string, ref: string): string {
  return `https://raw.githubusercontent.com/${owner}/agent-runner/${ref}/environment.schema.json`;
}

function main(): void {
  const { values } = parseArgs({
    options: {
      owner: { type: "string" },
      ref: { type: "string", default: "v1" },
      out: { type: "string" },
    },
  });
  if (values.owner === undefined || !/^[A-Za-z0-9][A-Za-z0-9-]{0,38}$/.test(values.owner)) {
    console.error("say whose the action is: npm run examples -- --owner NAME");
    process.exitCode = 1;
    return;
  }
  for (const [path, text] of examples(values.owner, values.ref)) {
    if (values.out === undefined) {
      console.log(`--- ${path}\n${text}`);
      continue;
    }
    const file = join(values.out, path);
    mkdirSync(dirname(file), { recursive: true });
    try {
      writeFileSync(file, text, { flag: "wx" });
      console.log(`${file} written`);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      console.log(`${file} is there already and stays as it is`);
    }
  }
}

if (import.meta.main) main();
