/** A line of `mounts`, as far as it is judged here. */
export interface MountLine {
  readonly type: "bind" | "volume" | "tmpfs";
  /** A path for `bind`, a volume's name for `volume`; empty where there is none. */
  readonly source: string;
  readonly target: string;
  readonly readonly: boolean;
}

/** Every field that is passed on, by its name. What is not here is refused: nobody has judged it. */
const fields: Readonly<Record<string, "type" | "source" | "target" | "other">> = {
  type: "type",
  source: "source",
  src: "source",
  target: "target",
  destination: "target",
  dst: "target",
  readonly: "other",
  ro: "other",
  consistency: "other",
  "bind-propagation": "other",
  "bind-recursive": "other",
  "bind-nonrecursive": "other",
  "volume-driver": "other",
  "volume-label": "other",
  "volume-nocopy": "other",
  "volume-subpath": "other",
  "tmpfs-mode": "other",
  "tmpfs-size": "other",
};

/** Refused with a reason of its own. */
const reasons: Readonly<Record<string, string>> = {
  "volume-opt":
    "with `volume-opt` a volume can be any folder or disk of the machine; make the volume in an earlier step (`docker volume create`) and name it with `source=`",
  "bind-create-src": "the folder has to be there; make it in an earlier step",
};

/**
 * Reads a line in the words of `docker run --mount`, as the CLI does: a record of CSV, names in any case. Where the
 * CLI takes the last of two fields, or its versions differ (blanks), the line is refused. Answers what is wrong with
 * it instead, in words that follow the line. Pure.
 */
export function parseMount(line: string): MountLine | string {
  const record = csvFields(line);
  if (record === undefined) {
    return 'its quotes are not closed; a field with a comma is quoted as a whole: `"source=/a,b"`';
  }
  const found: { type?: string; source?: string; target?: string } = {};
  let readonly = false;
  for (const field of record) {
    const [, given = "", value = ""] = /^([^=]*)=?(.*)$/s.exec(field) ?? [];
    const name = given.toLowerCase();
    const kind = Object.hasOwn(fields, name) ? fields[name] : undefined;
    if (kind === undefined) {
      const why = Object.hasOwn(reasons, name) ? reasons[name] : undefined;
      return why ?? `${JSON.stringify(given)} is no field that is allowed here`;
    }
    if (value !== value.trim()) {
      return `the value of \`${given}\` has blanks around it`;
    }
    const wrong = whatIsWrongWith(name, value);
    if (wrong !== undefined) {
      return wrong;
    }
    if (name === "readonly" || name === "ro") {
      readonly = /^(?:|1|t|true)$/i.test(value); // what the CLI reads otherwise counts as writable here
    }
    if (kind !== "other") {
      if (found[kind] !== undefined) {
        return `its ${kind} is given twice`;
      }
      found[kind] = value;
    }
  }
  const type = found.type?.toLowerCase();
  const { source = "", target = "" } = found;
  if (type !== "bind" && type !== "volume" && type !== "tmpfs") {
    return "its type is none of `bind`, `volume` and `tmpfs`";
  }
  if (type === "bind" && !/^[/.]/.test(source)) {
    return "a bind mount needs a `source` that is an absolute path, or begins with `.`";
  }
  if (type === "volume" && source !== "" && !/^[A-Za-z0-9][\w.-]*$/.test(source)) {
    return "the `source` of a volume is its name";
  }
  return target.startsWith("/")
    ? { type, source, target, readonly }
    : "it needs a `target`, an absolute path in the container";
}

function whatIsWrongWith(name: string, value: string): string | undefined {
  if (name === "volume-driver" && value !== "local") {
    return "a volume's driver can only be `local`: another one may mount anything";
  }
  if (name === "bind-propagation" && !/^r?(?:private|slave)$/i.test(value)) {
    return "what the task mounts would be mounted on the machine, too; `bind-propagation` can be `private`, `rprivate`, `slave` or `rslave`";
  }
  return undefined;
}

/**
 * One record of CSV, by the rules of the library that the CLI uses: a field is quoted as a whole, or has no quote in
 * it. Undefined where it is none.
 */
function csvFields(line: string): string[] | undefined {
  const found: string[] = [];
  const field = /(?:"(?<quoted>(?:[^"]|"")*)"|(?<plain>[^",]*))(?<end>,|$)/gy;
  for (let end = ","; end === ","; ) {
    const groups = field.exec(line)?.groups;
    if (groups === undefined) {
      return undefined;
    }
    found.push(groups.quoted?.replaceAll('""', '"') ?? groups.plain ?? "");
    end = groups.end ?? "";
  }
  return found;
}
