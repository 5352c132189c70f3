/** Reads a step's output as the GitHub runner does: line by line, obeying the workflow commands in it. */

export interface Annotation {
  level: "error" | "warning" | "notice";
  message: string;
  title?: string;
  file?: string;
  line?: number;
}

interface Command {
  name: string;
  properties: Record<string, string>;
  data: string;
}

/** The commands the runner knows; a line that only looks like one is ordinary output. */
const KNOWN = new Set(
  (
    "add-mask add-matcher remove-matcher add-path set-env set-output save-state " +
    "debug notice warning error group endgroup echo stop-commands internal-set-repo-path"
  ).split(" "),
);

/** One step's log. `masks` is given, because the runner keeps masks for the whole job. */
export class StepLog {
  /** Everything that was printed, both streams, in the order of arrival. */
  raw = "";
  /** What a reader of the log on GitHub sees: without the commands that set masks, and masked. */
  visible = "";
  readonly annotations: Annotation[] = [];
  /** From `::set-output::`, which the runner still obeys; an agent could forge it. */
  readonly outputs: Record<string, string> = {};
  /** From `::save-state::`, likewise. */
  readonly state: Record<string, string> = {};
  /** Every command that was obeyed, by name, in order. */
  readonly commands: string[] = [];
  readonly masks: string[];
  #stopToken: string | undefined;

  constructor(masks: string[] = []) {
    this.masks = masks;
  }

  /** Takes one line without its end. */
  line(text: string): void {
    this.raw += `${text}\n`;
    const command = parseCommand(text, this.#stopToken);
    if (command && this.#obey(command)) return;
    this.visible += `${this.#mask(text)}\n`;
  }

  /** True while workflow commands are stopped; at the end of a step that is a mistake. */
  get stopped(): boolean {
    return this.#stopToken !== undefined;
  }

  /** Returns true when the line is not to be shown. */
  #obey({ name, properties, data }: Command): boolean {
    if (this.#stopToken !== undefined) {
      if (name === this.#stopToken) this.#stopToken = undefined;
      return false;
    }
    this.commands.push(name);
    if (name === "stop-commands") {
      // The runner refuses tokens that are easily guessed.
      if (data === "" || data === "pause-logging" || KNOWN.has(data)) {
        this.annotations.push({ level: "error", message: `Invalid stop token: ${data}` });
      } else this.#stopToken = data;
    } else if (name === "add-mask") {
      this.#addMask(data);
      return true;
    } else if (name === "set-output") this.outputs[properties.name ?? ""] = data;
    else if (name === "save-state") this.state[properties.name ?? ""] = data;
    else if (name === "error" || name === "warning" || name === "notice") {
      const { title, file, line } = properties;
      this.annotations.push({
        level: name,
        message: data,
        ...(title ? { title } : {}),
        ...(file ? { file } : {}),
        ...(line ? { line: Number(line) } : {}),
      });
    }
    return false;
  }

  #addMask(value: string): void {
    // A value of several lines is masked as a whole and line by line: the log is written line by line.
    for (const part of new Set([value, ...value.split(/\r\n|\r|\n/)])) {
      if (part.trim() !== "") this.masks.push(part);
    }
  }

  #mask(text: string): string {
    const longestFirst = [...this.masks].sort((a, b) => b.length - a.length);
    return longestFirst.reduce((result, mask) => result.replaceAll(mask, "***"), text);
  }
}

/**
 * Recognises `::name key=value,…::data` (after leading blanks) and the older `##[name key=value;…]data` (anywhere in
 * a line). While commands are stopped only the token counts.
 */
export function parseCommand(text: string, stopToken?: string): Command | undefined {
  const isKnown = (name: string) => KNOWN.has(name.toLowerCase()) || name === stopToken;
  const current = /^\s*::([^\s:]+)(?:\s+(.*?))?::(.*)$/s.exec(text);
  if (current?.[1] && isKnown(current[1])) {
    const [, name, list = "", data = ""] = current;
    return { name: normal(name), properties: properties(list, ","), data: unescapeValue(data, "") };
  }
  const old = /##\[([^\s\]]+)(?:\s+([^\]]*))?\](.*)$/s.exec(text);
  if (old?.[1] && isKnown(old[1])) {
    const [, name, list = "", data = ""] = old;
    return {
      name: normal(name),
      properties: properties(list, ";"),
      data: unescapeValue(data, ";]"),
    };
  }
  return undefined;
}

/** Names count in any case, a token does not. */
function normal(name: string): string {
  return KNOWN.has(name.toLowerCase()) ? name.toLowerCase() : name;
}

function properties(list: string, separator: string): Record<string, string> {
  const result: Record<string, string> = {};
  for (const pair of list.split(separator)) {
    const [key, ...rest] = pair.split("=");
    if (key?.trim()) result[key.trim()] = unescapeValue(rest.join("="), ":,;]");
  }
  return result;
}

/** Line ends and the percent sign are always escaped; further characters where they would end the value. */
function unescapeValue(text: string, further: string): string {
  return text.replaceAll(/%([0-9A-F]{2})/g, (whole, hex: string) => {
    const character = String.fromCharCode(Number.parseInt(hex, 16));
    return `\r\n%${further}`.includes(character) ? character : whole;
  });
}

/**
 * Cuts a stream into lines as the runner's reader does: a lone carriage return ends a line, too, so that a command
 * behind one is obeyed.
 */
export class LineSplitter {
  #rest = "";
  readonly #take: (line: string) => void;

  constructor(take: (line: string) => void) {
    this.#take = take;
  }

  write(text: string): void {
    const lines = (this.#rest + text).split(/\r\n|\n|\r(?!$)/);
    this.#rest = lines.pop() ?? "";
    for (const line of lines) this.#take(line);
  }

  /** The stream has ended; a last line need not have an end. */
  end(): void {
    if (this.#rest !== "") this.#take(this.#rest.replace(/\r$/, ""));
    this.#rest = "";
  }
}
