import { readdirSync, readFileSync } from "node:fs";

/**
 * The processes below one that are in another group than its own: a signal to its group does not reach them. Empty
 * where there is no /proc.
 */
export function strayBelow(pid: number): readonly number[] {
  const all = processes();
  const below = new Set([pid]);
  let known = 0;
  while (known < below.size) {
    known = below.size;
    for (const { id, parent } of all) {
      if (below.has(parent)) {
        below.add(id);
      }
    }
  }
  return all.filter(({ id, group }) => below.has(id) && group !== pid).map(({ id }) => id);
}

function processes(): readonly { id: number; parent: number; group: number }[] {
  try {
    return readdirSync("/proc").flatMap((name) => (/^\d+$/.test(name) ? read(name) : []));
  } catch {
    return [];
  }
}

function read(name: string) {
  try {
    // the name of the program is in brackets, and may have brackets in it
    const [, parent, group] = readFileSync(`/proc/${name}/stat`, "utf8")
      .replace(/^.*\) /s, "")
      .split(" ");
    return [{ id: Number(name), parent: Number(parent), group: Number(group) }];
  } catch {
    return []; // it has ended
  }
}
