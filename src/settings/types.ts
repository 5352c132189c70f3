import { z } from "zod";
import type { RunsPerDay } from "../policy/limits.ts";

/** What the schema knows of a setting beside its type; the tables and `action.yml` follow from it. */
export interface SettingMeta {
  readonly group: Group;
  /** One or two sentences for the tables, in Markdown. */
  readonly description: string;
  /** What is allowed, in words, for error messages: "`true` or `false`". */
  readonly allowed: string;
  /** The default as a user would write it; undefined where a setting is simply off without one. */
  readonly default?: string | undefined;
  /** Text whose white space matters (scripts, prompts): it is not trimmed. */
  readonly verbatim?: boolean;
  /** Never shown, not even in an error message. */
  readonly secret?: boolean;
  /**
   * An environment file may set it whatever event started the job, also one that a stranger can cause. A new setting is
   * not marked: it first has to be thought about.
   */
  readonly fromFile?: boolean;
  /** For the environment file's JSON Schema. */
  readonly json: JsonType;
  /** The allowed values of a choice. */
  readonly values?: readonly string[];
  /** Values (or all, with `true`) that a later version will bring; they are refused until then. */
  readonly notYet?: true | readonly string[];
}

export const groups = ["what to do", "image", "preflights", "stores", "task", "GitHub"] as const;
export type Group = (typeof groups)[number];
type JsonType = "string" | "boolean" | "flag or word" | "number" | "lines" | "flags";

/** What a builder below asks for: the rest follows from the builder. */
type About = Pick<SettingMeta, "group" | "description"> &
  Partial<Pick<SettingMeta, "allowed" | "verbatim" | "secret" | "fromFile" | "notYet">>;

/** Every setting arrives as text, whichever reader brought it; absent means not given. */
const given = z.string();

function setting<T extends z.ZodType>(type: T, meta: SettingMeta): T {
  return type.meta(meta as unknown as Record<string, unknown>) as T;
}

/** The metadata of a setting built here. */
export function metaOf(type: z.ZodType): SettingMeta {
  return type.meta() as unknown as SettingMeta;
}

/** One of a few words; the first is not the default unless it is given as one. */
export function choice<const V extends string, D extends V>(
  values: readonly V[],
  fallback: D,
  about: About,
) {
  return setting(z.enum(values).default(fallback as never), {
    allowed: orList(values),
    ...about,
    default: fallback,
    json: "string",
    values,
  });
}

/** One of a few words, or nothing. */
export function optionalChoice<const V extends string>(values: readonly V[], about: About) {
  return setting(z.enum(values).optional(), {
    allowed: orList(values),
    ...about,
    json: "string",
    values,
  });
}

/** `true` or `false`, in the spellings YAML's core schema has. */
export function flag(fallback: boolean, about: About) {
  const type = given
    .regex(/^(?:true|True|TRUE|false|False|FALSE)$/)
    .transform((text) => text.toLowerCase() === "true")
    .default(fallback);
  return setting(type, {
    allowed: "`true` or `false`",
    ...about,
    default: String(fallback),
    json: "boolean",
  });
}

/** `true`, `false`, or one word more; undefined if not given. */
export function flagOr<const W extends string>(word: W, about: About) {
  const type = given
    .regex(new RegExp(`^(?:true|True|TRUE|false|False|FALSE|${word})$`))
    .transform((text) => (text === word ? word : text.toLowerCase() === "true"))
    .optional();
  return setting(type, {
    allowed: `\`true\`, \`false\` or \`${word}\``,
    ...about,
    json: "flag or word",
  });
}

/** A text with a form of its own. */
export function text(about: About & { pattern?: RegExp; check?: (text: string) => boolean }) {
  const { pattern, check, ...meta } = about;
  let type = given;
  if (pattern !== undefined) {
    type = type.regex(pattern);
  }
  if (check !== undefined) {
    type = type.refine(check);
  }
  return setting(type.optional(), { allowed: "text", ...meta, json: "string" });
}

/** The same with a default. */
export function textOr(
  fallback: string,
  about: About & { pattern?: RegExp; check?: (text: string) => boolean },
) {
  const { pattern, check, ...meta } = about;
  let type = given;
  if (pattern !== undefined) {
    type = type.regex(pattern);
  }
  if (check !== undefined) {
    type = type.refine(check);
  }
  return setting(type.default(fallback), {
    allowed: "text",
    ...meta,
    default: fallback,
    json: "string",
  });
}

const minutesType = given
  .regex(/^\d+(?:\.\d+)?$/)
  .transform(Number)
  .refine((value) => value > 0 && value <= 7 * 24 * 60);
const minutesAllowed =
  "a number of minutes above 0 and up to 10080 (a week), such as `10` or `0.5`";

/** A number of minutes, fractions allowed, at most a week. */
export function minutes(about: About) {
  return setting(minutesType.optional(), { allowed: minutesAllowed, ...about, json: "number" });
}

/** The same with a default. */
export function minutesOr(fallback: number, about: About) {
  return setting(minutesType.default(fallback), {
    allowed: minutesAllowed,
    ...about,
    default: String(fallback),
    json: "number",
  });
}

/** Bytes and files. */
export interface Amount {
  readonly bytes: number;
  readonly files: number;
}

const unit = { "": 1, k: 1e3, m: 1e6, g: 1e9 };

/** So many bytes, so many files, or both: `2g, 10000 files`. Each that is not given is the default's. */
export function amount(fallback: Amount, about: About & { default: string }) {
  const type = given
    .regex(/^(?:\d{1,6}(?:[kmg]b?)?|\d{1,6} files?|\d{1,6}(?:[kmg]b?)? *, *\d{1,6} files?)$/i)
    .transform((text): Amount => {
      const [, size, letter = ""] = /^(\d+)([kmg]?)b?(?: *,|$)/i.exec(text) ?? [];
      const files = /(\d+) files?$/i.exec(text)?.[1];
      return {
        bytes:
          size === undefined
            ? fallback.bytes
            : Number(size) * unit[letter.toLowerCase() as keyof typeof unit],
        files: files === undefined ? fallback.files : Number(files),
      };
    })
    .default(fallback);
  return setting(type, {
    allowed: "a size, a number of files, or both, such as `500m`, `100 files` or `2g, 10000 files`",
    ...about,
    json: "string",
  });
}

/** So many runs for one person within a day, and so many in all: `10` or `10, 50 in all`. */
export function runsPerDay(about: About) {
  const type = given
    .regex(/^[1-9]\d{0,4}(?:\s*,\s*[1-9]\d{0,5} in all)?$/)
    .transform((text): RunsPerDay => {
      const [person = "", all] = text.split(",");
      return {
        person: Number(person),
        all: all === undefined ? undefined : Number.parseInt(all, 10),
      };
    })
    .optional();
  return setting(type, {
    allowed: "a number for one person, and one in all, such as `10` or `10, 50 in all`",
    ...about,
    json: "string",
  });
}

/** One entry a line; blank lines are nothing. Each entry is tested by `check`. */
export function lines(about: About & { check: (line: string) => boolean }) {
  const { check, ...meta } = about;
  const type = given
    .transform((value) => splitLines(value))
    .refine((entries) => entries.every(check))
    .default([]);
  return setting(type, { allowed: "one entry a line", ...meta, json: "lines" });
}

const flagOfName = /^([A-Za-z_][A-Za-z0-9_]*)\s*:\s*(true|false)$/i;

/** `NAME: true` or `NAME: false`, one a line; in a file a map. */
export function flagsByName(about: About) {
  const type = given
    .transform((value) => splitLines(value).map((line) => flagOfName.exec(line)))
    .refine((lines) => !lines.includes(null))
    .transform(
      (lines) =>
        new Map(
          lines.map((line) => [line?.[1] ?? "", line?.[2]?.toLowerCase() === "true"] as const),
        ),
    )
    .optional();
  return setting(type, {
    allowed: "one `NAME: true` or `NAME: false` a line",
    ...about,
    json: "flags",
  });
}

export function splitLines(value: string): string[] {
  return value
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
}

/** Names with commas or line ends between them. Each is tested by `check`. */
export function names(about: About & { check: (name: string) => boolean }) {
  const { check, ...meta } = about;
  const type = given
    .transform((value) => splitLines(value.replaceAll(",", "\n")))
    .refine((entries) => entries.every(check))
    .default([]);
  return setting(type, { allowed: "names with commas between them", ...meta, json: "lines" });
}

function orList(values: readonly string[]): string {
  const quoted = values.map((value) => `\`${value}\``);
  return quoted.length === 1
    ? (quoted[0] as string)
    : `${quoted.slice(0, -1).join(", ")} or ${quoted.at(-1)}`;
}
