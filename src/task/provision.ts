import { readFile } from "node:fs/promises";
import { ContainerTrouble } from "../engine/trouble.ts";
import { type Content, isPresent, type LayerScript } from "../layers/content.ts";
import {
  cachedFilesFolder,
  certificatesFile,
  scriptArgv,
  scriptFolder,
  tellingApt,
} from "../layers/template.ts";
import { duration, lastWords } from "../log/text.ts";
import type { Timeline } from "../log/timeline.ts";
import type { Entry } from "./archive.ts";
import type { Container } from "./container.ts";
import type { TaskOutput } from "./task-output.ts";

/** A script failed at task start: the user's error, by the script's name. */
export class ScriptFailed extends Error {
  readonly script: LayerScript;
  readonly code: number;

  /** @param output the end of what it wrote */
  constructor(script: LayerScript, code: number, output = "") {
    const words = lastWords(output);
    super(`${script.label} failed with exit code ${code}${words === "" ? "" : `: ${words}`}`);
    this.script = script;
    this.code = code;
  }
}

const secretsFolder = "/run/secrets";

/** What the scripts of contents that no image provides need in the container. */
export async function provisionEntries(
  missing: readonly Content[],
  secrets: ReadonlyMap<string, string>,
  certificates?: string,
): Promise<readonly Entry[]> {
  const scripts = missing.flatMap((content) => content.scripts.filter(isPresent));
  const files = missing.flatMap((content) => content.files);
  return [
    ...scripts.map(({ file, text }) => ({
      path: `${scriptFolder}/${file}`,
      content: certificates === undefined ? text : tellingApt(text),
      mode: 0o644,
    })),
    ...(await Promise.all(
      files.map(async ({ path, source, mode }) => ({
        path: `${cachedFilesFolder}/${path}`,
        content: await readFile(source),
        mode: mode === "755" ? 0o555 : 0o444,
      })),
    )),
    ...[...secrets].map(([id, value]) => ({
      path: `${secretsFolder}/${id}`,
      content: value,
      mode: 0o444,
    })),
    ...certificateEntries(certificates),
  ];
}

/** The certificates of `ca-certificates`, where installation and task alike find them; none where there are none. */
export function certificateEntries(certificates: string | undefined): readonly Entry[] {
  return certificates === undefined
    ? []
    : [{ path: certificatesFile, content: certificates, mode: 0o444 }];
}

export interface ProvisionOptions {
  readonly missing: readonly Content[];
  /** Ids of the secrets that were copied in. */
  readonly secrets: readonly string[];
  /** As the image names it; empty for root. */
  readonly imageUser: string;
  /** Proxies by the names of their variables. */
  readonly proxies: ReadonlyMap<string, string>;
  readonly output: TaskOutput;
  /** Takes secrets out of what a script said, before it is cut down to its last words. */
  readonly redact: (text: string) => string;
  readonly timeline: Timeline;
  readonly signal: AbortSignal;
  /** Told which optional content failed. */
  readonly onOptionalFailure: (error: ScriptFailed, content: Content) => void;
}

/**
 * Installs in a running container what no image provides, exactly as a build would have done it:
 * child bash, the image's own user and environment, `/`, no input. Then removes what a task that
 * starts from an image would not find.
 *
 * @throws ScriptFailed
 * @throws ContainerTrouble when that could not be removed
 */
export async function provision(container: Container, options: ProvisionOptions): Promise<void> {
  for (const content of options.missing) {
    const span = options.timeline.start(`install ${content.name}`);
    await options.output.beginGroup(`Agent Runner: install ${content.title}`);
    try {
      for (const script of content.scripts.filter(isPresent)) {
        const { code, tail } = await container.exec(scriptArgv(script.file), {
          user: options.imageUser || "0",
          variables: options.proxies,
          output: options.output,
          signal: options.signal,
        });
        if (options.signal.aborted) {
          return;
        }
        if (code !== 0) {
          throw new ScriptFailed(script, code ?? 137, options.redact(tail));
        }
      }
    } catch (error) {
      if (!(error instanceof ScriptFailed) || !content.optional) {
        throw error;
      }
      options.onOptionalFailure(error, content);
    } finally {
      const ms = span.end();
      options.output.write(`Agent Runner: installing it took ${duration(ms)}\n`);
      await options.output.endGroup();
    }
  }
  const left = [
    scriptFolder,
    cachedFilesFolder,
    certificatesFile,
    ...options.secrets.map((id) => `${secretsFolder}/${id}`),
  ];
  // the folder of the secrets only when nothing else is in it: it may be the image's own
  const clean = `rm -rf "$@"; rmdir ${secretsFolder} 2>/dev/null || true`;
  const { code } = await container.exec(["bash", "-c", clean, "bash", ...left], {
    user: "0",
    output: options.output,
  });
  if (options.signal.aborted) {
    return;
  }
  if (code !== 0) {
    throw new ContainerTrouble(
      `what the installation needed could not be removed from the container (exit code ${code})`,
    );
  }
  // the task must not start where it could read the secrets: the engine's word, since `rm` is the image's
  const changed = await container.changed();
  const there = changed.filter((path) =>
    left.some((one) => path === one || path.startsWith(`${one}/`)),
  );
  if (there.length > 0) {
    throw new ContainerTrouble(
      `what the installation needed is still in the container: ${there.slice(0, 3).join(", ")}`,
    );
  }
}
