import { lstatSync } from "node:fs";
import { dirname } from "node:path/posix";
import { holdsSteering, steeringPart } from "../../policy/steering.ts";
import { fullPath } from "../changes/paths.ts";

/** What is on the way to a path. */
export type Way =
  /** Real folders of the workspace, all the way. */
  | "open"
  /** Nothing, from some step on. */
  | "missing"
  /** A link, or something else that is no folder: nothing is read, written or removed through it. */
  | "closed";

/** @param gone paths that count as not being there */
export function wayTo(workspace: string, path: string, gone: ReadonlySet<string> = new Set()): Way {
  const steps = path.split("/").slice(0, -1);
  for (let at = 1; at <= steps.length; at += 1) {
    const folder = steps.slice(0, at).join("/");
    const there = gone.has(folder)
      ? undefined
      : lstatSync(fullPath(workspace, folder), { throwIfNoEntry: false });
    if (there === undefined) {
      return "missing";
    }
    if (!there.isDirectory()) {
      return "closed";
    }
  }
  return "open";
}

/** Where something of the default branch goes. */
export interface Place {
  readonly part: string;
  /** A folder to be made for it. */
  readonly make: string | undefined;
}

/**
 * The place of a steering file that the workspace does not have; undefined where the checkout does not have the folder
 * it lies in: then there is nothing that it could be about.
 */
export function placeOf(
  workspace: string,
  path: string,
  gone: ReadonlySet<string>,
): Place | undefined {
  const part = steeringPart(path) ?? path;
  if (wayTo(workspace, part, gone) === "open") {
    return { part, make: undefined };
  }
  const holder = dirname(part);
  const isHolder = holdsSteering(holder.slice(holder.lastIndexOf("/") + 1));
  const isMissing = wayTo(workspace, part, gone) === "missing";
  return isHolder && isMissing && wayTo(workspace, holder, gone) === "open"
    ? { part, make: holder }
    : undefined;
}
