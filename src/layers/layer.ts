import type { Component } from "../keys/components.ts";
import type { Content } from "./content.ts";

/** The identity of the base image that keys are made of. */
export interface BaseIdentity {
  readonly variant: string;
  /** Hex of the config digest for the platform, 64 characters. */
  readonly sha256: string;
}

/** A layer with its name: everything that is known before any engine was asked. */
export interface Layer {
  readonly name: string;
  /** What people call its image: `desktop image`. */
  readonly title: string;
  readonly key: string;
  /** `agent-runner-env:<key>`, the local name. */
  readonly reference: string;
  readonly parent: Layer | undefined;
  readonly content: Content;
  readonly components: readonly Component[];
  /** The Dockerfile, its parent still a placeholder. */
  readonly template: string;
  readonly labels: Readonly<Record<string, string>>;
}

export interface LayerOptions {
  readonly cacheVersion: string | undefined;
  readonly secrets: readonly string[];
}

/** The repository of a layer's images, below a registry or alone. */
export function repositoryOf(name: string): string {
  return `agent-runner-${name}`;
}
