/** The same value with every text in it changed; the names of its fields stay. Pure. */
export function inTexts<T>(value: T, change: (text: string) => string): T {
  return changed(value, change, (name) => name) as T;
}

/** The same for a value whose names are somebody's words, too. Pure. */
export function inTextsAndNames<T>(value: T, change: (text: string) => string): T {
  return changed(value, change, change) as T;
}

type Change = (text: string) => string;

function changed(value: unknown, change: Change, rename: Change): unknown {
  if (typeof value === "string") {
    return change(value);
  }
  if (Array.isArray(value)) {
    return value.map((one) => changed(one, change, rename));
  }
  if (typeof value === "object" && value !== null) {
    const entries = Object.entries(value);
    return Object.fromEntries(
      entries.map(([name, one]) => [rename(name), changed(one, change, rename)]),
    );
  }
  return value;
}
