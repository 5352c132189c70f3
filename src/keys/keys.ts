import { type Component, partOf } from "./components.ts";
import { hash16 } from "./hash.ts";

/** `<variant>-<base>-<install>-<setup>-<dockerfile>`: at most 84 characters. */
export function desktopKey(variant: string, components: readonly Component[]): string {
  return [variant, ...parts(components, "base", "install", "setup", "dockerfile")].join("-");
}

/** `<variant>-<base>-<preflight>-<dockerfile>`: the env layer straight on the base. */
export function envKeyOnBase(variant: string, components: readonly Component[]): string {
  return [variant, ...parts(components, "base", "preflight", "dockerfile")].join("-");
}

/** `desktop-<desktop key>-<preflight>-<dockerfile>`: at most 126 of a tag's 128 characters. */
export function envKeyOnDesktop(desktop: string, components: readonly Component[]): string {
  return ["desktop", desktop, ...parts(components, "preflight", "dockerfile")].join("-");
}

/**
 * `<agent>-<parent>-<version>-<dockerfile>`: parts in full would pass 128 characters, so the parent is
 * the hash of its key, or the base part where the agent stands on the base itself.
 */
export function agentKey(
  agent: string,
  parentKey: string | undefined,
  components: readonly Component[],
): string {
  const parent = parentKey === undefined ? partOf(components, "base") : hash16(parentKey);
  return [agent, parent, ...parts(components, "version", "dockerfile")].join("-");
}

function parts(components: readonly Component[], ...names: string[]): string[] {
  return names.map((name) => partOf(components, name));
}
