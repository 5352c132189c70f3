import { Writable } from "node:stream";
import { StringDecoder } from "node:string_decoder";
import type { AgentEvent, ApiProblem, StreamReader, Usage } from "../agents/agent.ts";
import { inTexts, inTextsAndNames } from "../log/in-texts.ts";
import type { RedactedPieces } from "../log/redactor.ts";
import { oneLine, plain } from "../log/text.ts";

/** What became of the agent's work, by its own words. */
export interface AgentRun {
  /** What it said last. */
  readonly message?: string | undefined;
  /** Its answer in the form that was asked for. */
  readonly structured?: unknown;
  readonly sessionId?: string | undefined;
  readonly usage?: Usage | undefined;
  /** Its tool has said that this is the end. */
  readonly ended?: true;
  /** How its tool says that it failed. */
  readonly failed?: string | undefined;
  /** The last trouble with its model's API. */
  readonly problem?: ApiProblem | undefined;
}

/** Something to show: a line, a title under which a longer text is folded away, or bytes as they came. */
export type Shown =
  | { readonly line: string }
  | { readonly title: string; readonly text: string }
  | { readonly asItIs: string };

export interface AgentStreamOptions {
  readonly reader: StreamReader | undefined;
  readonly problemIn: (line: string) => ApiProblem | undefined;
  readonly output: "turns" | "final" | "raw";
  /** What stands before the agent's own output on standard output, on a line of its own. */
  readonly mark: string;
  /** Takes the agent's standard output as it is. */
  readonly raw: () => Writable | undefined;
  /** Takes secrets out of what the agent says, before it is cut or kept. */
  readonly redact: (text: string) => string;
  /** The same for its output as it is, of which a piece may end anywhere. */
  readonly hidden: RedactedPieces;
  /** Takes what comes before the agent begins, as it is. */
  readonly before: Writable;
  readonly show: (shown: Shown) => Promise<void>;
}

export interface AgentStream {
  readonly stdout: Writable;
  readonly stderr: Writable;
  run(): AgentRun;
}

/** Longer lines of a stream are no turns: they are shown as they are, in pieces. */
const maxLineBytes = 16 * 1024 * 1024;
/** A text of the agent's tools above this is folded away. */
const shortText = 400;

/**
 * Reads what an agent writes as it comes, and shows it as a person would tell it. A line that its reader does not
 * know is shown as it is: nothing is lost, and nothing here is fatal.
 */
export function agentStream(options: AgentStreamOptions): AgentStream {
  const { reader, problemIn, output, mark, raw, redact, hidden, before, show } = options;
  let begun = mark === "";
  let run: AgentRun = {};

  /** What a line says; a bug in its reader makes it a line that nobody knows. */
  const understood = (line: string): readonly AgentEvent[] | undefined => {
    try {
      return reader?.read(line);
    } catch {
      return undefined;
    }
  };
  const tellAll = async (events: readonly AgentEvent[]) => {
    for (const event of events.map((one) => withoutSecrets(one, redact))) {
      run = noted(run, event);
      for (const shown of output === "turns" ? tell(event) : []) {
        await show(shown);
      }
    }
  };
  const keep = async (bytes: Buffer) => {
    const file = raw();
    if (file !== undefined && bytes.length > 0) {
      await write(file, bytes);
    }
  };
  const takeLines = async (lines: readonly Line[]) => {
    // many lines of one kind are passed on together
    const early = new Gathered((text) => write(before, text));
    const asTheyAre = new Gathered((asItIs) => show({ asItIs }));
    let kept = "";
    for (const { line, end } of lines) {
      if (!begun) {
        begun = line.endsWith(mark);
        // a preflight's last line may have no end
        early.add(begun ? line.slice(0, -mark.length) : `${line}${end}`);
        continue;
      }
      kept += `${line}${end}`;
      const events = understood(line);
      if (output === "raw" || (events === undefined && line !== "")) {
        asTheyAre.add(`${line}${end}`);
      }
      if (events !== undefined && events.length > 0) {
        await early.pass();
        await asTheyAre.pass();
        await tellAll(events);
      }
    }
    await early.pass();
    await asTheyAre.pass();
    await keep(hidden.take(Buffer.from(kept)));
  };
  const stdout = lineWriter(takeLines, () => keep(hidden.rest()));
  const stderr = lineWriter(async (lines) => {
    const text = lines.map(({ line, end }) => `${line}${end}`).join("");
    if (!begun) {
      await write(before, text);
      return;
    }
    for (const { line } of lines) {
      const problem = problemIn(line);
      run =
        problem === undefined
          ? run
          : noted(run, withoutSecrets({ kind: "error", problem }, redact));
    }
    await show({ asItIs: text });
  });
  return {
    stdout,
    stderr,
    run: () => run,
  };
}

/** Shows the last message where turns were not shown. */
export function finalOf({ message }: AgentRun, output: AgentStreamOptions["output"]): Shown[] {
  return output === "final" && message !== undefined ? [{ line: message }] : [];
}

/** What was said in an event; its kind is ours. */
function withoutSecrets(event: AgentEvent, redact: (text: string) => string): AgentEvent {
  const { kind } = event;
  if (kind === "error") {
    const { problem } = event;
    return { kind, problem: { ...problem, message: redact(problem.message) } };
  }
  if (kind === "end" && event.structured !== undefined) {
    const { structured, ...rest } = event;
    return { ...inTexts(rest, redact), kind, structured: inTextsAndNames(structured, redact) };
  }
  return { ...inTexts(event, redact), kind } as AgentEvent;
}

function noted(run: AgentRun, event: AgentEvent): AgentRun {
  switch (event.kind) {
    case "session":
      return { ...run, sessionId: event.id };
    // it goes on, so that the trouble is over
    case "text":
      return { ...run, message: event.text, problem: undefined };
    case "tool":
    case "result":
      return { ...run, problem: undefined };
    case "error":
      return { ...run, problem: event.problem };
    case "end": {
      const { message = run.message, structured = run.structured, usage = run.usage } = event;
      return { ...run, message, structured, usage, failed: event.failed, ended: true };
    }
    default:
      return run;
  }
}

/** What a person would say of it. Pure. */
export function tell(event: AgentEvent): readonly Shown[] {
  switch (event.kind) {
    case "session":
      return event.model === undefined ? [] : [{ line: `model: ${plain(event.model)}` }];
    case "text":
      return event.text.trim() === "" ? [] : [{ line: event.text.trimEnd() }];
    case "note":
      return [{ line: `! ${shortened(event.text)}` }];
    case "tool": {
      const title = `> ${event.name}${event.summary === "" ? "" : `: ${shortened(event.summary)}`}`;
      return event.detail === undefined ? [{ line: title }] : [{ title, text: event.detail }];
    }
    case "result":
      return resultOf(event.text.trimEnd(), event.failed);
    case "error":
      return [{ line: `! ${event.problem.kind}: ${shortened(event.problem.message)}` }];
    case "end":
      return event.failed === undefined ? [] : [{ line: `! ${shortened(event.failed)}` }];
  }
}

function resultOf(text: string, failed: boolean): readonly Shown[] {
  const sign = failed ? "  failed" : "  ";
  if (text === "") {
    return failed ? [{ line: sign }] : [];
  }
  const lines = text.split("\n");
  return text.length <= shortText && lines.length <= 3
    ? lines.map((line, index) => ({ line: `${index === 0 && failed ? `${sign}: ` : "  "}${line}` }))
    : [
        {
          title: `${failed ? `${sign}: ` : "  "}${shortened(lines[0] ?? "")} (${lines.length} lines)`,
          text,
        },
      ];
}

function shortened(text: string): string {
  // no more than is shown, and some: the rest may be megabytes
  return oneLine(text.slice(0, 1000), 200);
}

/** Text that waits to be passed on in one piece. */
class Gathered {
  #text = "";
  readonly #to: (text: string) => Promise<void>;

  constructor(to: (text: string) => Promise<void>) {
    this.#to = to;
  }

  add(text: string): void {
    this.#text += text;
  }

  async pass(): Promise<void> {
    const text = this.#text;
    this.#text = "";
    if (text !== "") {
      await this.#to(text);
    }
  }
}

interface Line {
  readonly line: string;
  /** Nothing behind the last line, where it has no end, and behind a piece of one that is too long. */
  readonly end: "\n" | "";
}

/** Passes on the lines that came together; the last of all may have no end. Then `finish` has its turn. */
function lineWriter(
  take: (lines: readonly Line[]) => Promise<void>,
  finish = async () => {},
): Writable {
  const decoder = new StringDecoder("utf8");
  let rest = "";
  const pass = async (text: string, last: boolean) => {
    const parts = (rest + text).split("\n");
    rest = parts.pop() ?? "";
    const lines: Line[] = parts.map((line) => ({ line, end: "\n" }));
    if (rest !== "" && (last || rest.length > maxLineBytes)) {
      lines.push({ line: rest, end: "" });
      rest = "";
    }
    if (lines.length > 0) {
      await take(lines);
    }
  };
  return new Writable({
    write(chunk: Buffer, _encoding, done) {
      pass(decoder.write(chunk), false).then(() => done(), done);
    },
    final(done) {
      pass(decoder.end(), true)
        .then(finish)
        .then(() => done(), done);
    },
  });
}

/** At the reader's pace; a stream that has ended, on a full disk, holds nobody up. */
function write(stream: Writable, text: string | Buffer): Promise<void> {
  return new Promise((resolve) => {
    if (stream.destroyed) {
      resolve();
    } else {
      stream.write(text, () => resolve());
    }
  });
}
