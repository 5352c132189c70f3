import { part, sha256 } from "./hash.ts";

/** One input of a key: its name and the full SHA-256 (64 hex characters) of what went in. */
export interface Component {
  readonly name: string;
  readonly sha256: string;
  /** The hashed text itself, where it is small and worth showing (the Dockerfile template). */
  readonly text?: string;
}

/** A file that the cached preflight reads; `path` is relative to the workspace, with `/`. */
export interface CachedFile {
  readonly path: string;
  /** `755` if the owner may execute it, else `644`. */
  readonly mode: "644" | "755";
  /** Of the raw bytes, in hex. */
  readonly sha256: string;
}

/** The component of a script or any other text. An absent script counts as zero bytes. */
export function textComponent(name: string, text: string): Component {
  return { name, sha256: sha256(text) };
}

/** The `preflight` component: the canonical cached preflight, with its cached files if it has any. */
export function preflightComponent(script: string, files: readonly CachedFile[]): Component {
  const hashed = files.length === 0 ? script : `${script}\0${manifest(files)}`;
  return textComponent("preflight", hashed);
}

/** One line `path\0mode\0sha256\n` a file, sorted by the bytes of the path. */
function manifest(files: readonly CachedFile[]): string {
  return [...files]
    .sort((a, b) => Buffer.compare(Buffer.from(a.path), Buffer.from(b.path)))
    .map((file) => `${file.path}\0${file.mode}\0${file.sha256}\n`)
    .join("");
}

/** The part of a key that stands for the component of this name. */
export function partOf(components: readonly Component[], name: string): string {
  const found = components.find((component) => component.name === name);
  if (found === undefined) {
    throw new Error(`no component ${name} among ${components.map((c) => c.name).join(", ")}`);
  }
  return part(found.sha256);
}
