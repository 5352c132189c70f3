import { type Component, partOf } from "./components.ts";

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

function parts(components: readonly Component[], ...names: string[]): string[] {
  return names.map((name) => partOf(components, name));
}
