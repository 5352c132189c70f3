import type { Component } from "../keys/components.ts";
import type { Job } from "../settings/load.ts";
import type { Content, LayerScript } from "./content.ts";
import type { BaseIdentity, Layer } from "./layer.ts";

/** A layer there can be, as data: all that the rest of the program knows of it. */
export interface LayerRule {
  /** In names, keys and outputs. */
  readonly name: string;
  /** What people call its image: `desktop image`. */
  readonly title: string;
  /** Of the output that has its key, for `action.yml`. */
  readonly keyDescription: string;
  /** What people call its components, where the name does not say it. */
  readonly words: Readonly<Record<string, string>>;
  /** What a job needs of it; undefined where it needs nothing. */
  content(job: Job, tools: ContentTools): Promise<Content | undefined>;
  /** For the template: what changes the build and is in no component. */
  remarks?(content: Content): readonly string[];
  /** The component of a script of this layer. */
  component(script: LayerScript, content: Content): Component;
  /** @param parent the layer below; undefined on the base itself */
  key(
    base: BaseIdentity,
    parent: Layer | undefined,
    components: readonly Component[],
    content: Content,
  ): string;
}

export interface ContentTools {
  readonly warn: (message: string) => void;
  /** Ends what is asked of others: npm may not answer. */
  readonly signal?: AbortSignal | undefined;
  /** A file with further authorities for npm; undefined where it knows of all by itself. */
  readonly authorities?: () => Promise<string | undefined>;
}
