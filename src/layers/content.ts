import type { Platform } from "../registry/documents.ts";
import type { StagedFile } from "../settings/cached-files.ts";

/** A script of a layer: canonical text, and what people call it. */
export interface LayerScript {
  /** The component it is in the key: `install`, `setup`, `preflight`. */
  readonly component: string;
  /** Its file in the build context and in the container. */
  readonly file: string;
  readonly text: string;
  /** For messages: a setting's name, the path of the user's file, or `the desktop that ships`. */
  readonly label: string;
  /** The user's file in the workspace, for annotations. */
  readonly source?: string | undefined;
}

/**
 * What a task needs beyond the base image, in the order it is installed. The cached ones become
 * layers; what no image provides is run at task start.
 */
export interface Content {
  /** Of the layer it can be. */
  readonly name: string;
  /** What people call it: `the desktop`. */
  readonly title: string;
  readonly scripts: readonly LayerScript[];
  readonly files: readonly StagedFile[];
  /** Whether its toggle is on. */
  readonly cached: boolean;
  /** A failure at task start is a warning (`headless-desktop: optional`). */
  readonly optional: boolean;
  /**
   * Files that the scripts may need and that are fetched only when they are going to be run.
   *
   * @param folder where they are put
   */
  readonly fetch?: (folder: string, platform: Platform) => Promise<readonly StagedFile[]>;
  /** Further labels of an image that is about to be built; they are part of no key. */
  readonly labels?: () => Promise<Readonly<Record<string, string>>>;
  /** Of the agent's own content: which tool, in which exact version. */
  readonly agent?: { readonly name: string; readonly version: string };
}

/** An absent script (the setup script may be) is part of the key, as zero bytes, and never run. */
export function isPresent(script: LayerScript): boolean {
  return script.text !== "";
}
