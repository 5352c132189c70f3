import { readFile, writeFile } from "node:fs/promises";
import { isAbsolute, join } from "node:path";
import type { FindAuthorities } from "../network/authorities.ts";
import { blocksIn, certificatesFor, isAllNodes } from "../settings/certificates.ts";
import type { Job } from "../settings/load.ts";
import type { RawSettings } from "../settings/raw.ts";
import { isInside } from "../settings/workspace-file.ts";

// Whom this process and the programs that it starts trust: `ca-certificates`, as builds and tasks do.

/** Writes the authorities into a file for a program; undefined where it knows of all by itself. */
export type AuthoritiesFile = () => Promise<string | undefined>;

/**
 * Before there is a job: what the workflow's own word gives, where it can be read without the tree that is yet to come.
 * What is wrong with it is told with the job.
 */
export function authoritiesBeforeJob({
  given,
  workspace,
  environment,
}: {
  readonly given: RawSettings;
  readonly workspace: string;
  readonly environment: NodeJS.ProcessEnv;
}): FindAuthorities {
  const setting = given["ca-certificates"]?.value || "auto";
  const isReadable = setting === "auto" || (isAbsolute(setting) && !isInside(workspace, setting));
  return async () =>
    isReadable
      ? blocksIn((await certificatesFor(setting, { environment, read: readFile })) ?? "")
      : [];
}

/** The job's own. */
export function authoritiesOf({ certificates = "" }: Pick<Job, "certificates">): FindAuthorities {
  return async () => blocksIn(certificates);
}

/** For git, which takes the file in the place of its own. */
export function filesForGit(find: FindAuthorities, folder: string): AuthoritiesFile {
  return async () => {
    const found = await find().catch(() => []);
    return found.length === 0 ? undefined : written(found, join(folder, "git-authorities.pem"));
  };
}

/** For programs of Node.js, which take it besides their own; written once, at the first question. */
export function filesForNode(
  { certificates, settings }: Pick<Job, "certificates" | "settings">,
  environment: NodeJS.ProcessEnv,
  folder: string,
): AuthoritiesFile {
  const areKnown = settings["ca-certificates"] === "auto" && isAllNodes(environment);
  if (certificates === undefined || areKnown) {
    return async () => undefined;
  }
  /** What they would have read instead. */
  const others = environment.NODE_EXTRA_CA_CERTS || "";
  const write = async () => {
    const further = blocksIn(await readFile(others, "latin1").catch(() => ""));
    const all = new Set([...blocksIn(certificates), ...further]);
    return written([...all], join(folder, "authorities.pem"));
  };
  let done: Promise<string> | undefined;
  return () => {
    done ??= write();
    return done;
  };
}

async function written(authorities: readonly string[], path: string): Promise<string> {
  await writeFile(path, `${authorities.join("\n")}\n`, { mode: 0o600 });
  return path;
}
