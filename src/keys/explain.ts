import type { Component } from "./components.ts";

/** A component that is not what it should be; `undefined` means that one side lacks it. */
export interface Difference {
  readonly name: string;
  readonly wanted: string | undefined;
  readonly found: string | undefined;
}

/**
 * Which components differ between the wanted key and a found one, in the order of the wanted
 * components, so that "why did it miss" has an answer in the user's words.
 */
export function explain(
  wanted: readonly Component[],
  found: readonly Component[],
): readonly Difference[] {
  const names = new Set([...wanted, ...found].map((component) => component.name));
  const hashIn = (components: readonly Component[], name: string) =>
    components.find((component) => component.name === name)?.sha256;
  return [...names]
    .map((name) => ({ name, wanted: hashIn(wanted, name), found: hashIn(found, name) }))
    .filter((difference) => difference.wanted !== difference.found);
}

/**
 * `the base image and the cached preflight changed`, or `nothing changed`.
 *
 * @param word what people call a component
 */
export function describe(
  differences: readonly Difference[],
  word: (component: string) => string,
): string {
  const names = differences.map(({ name }) => word(name));
  if (names.length === 0) {
    return "nothing changed";
  }
  const last = names.at(-1) as string;
  const list = names.length === 1 ? last : `${names.slice(0, -1).join(", ")} and ${last}`;
  return `${list} changed`;
}
