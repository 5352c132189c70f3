/** What an agent's stream says, in one form for all tools. */
export type AgentEvent =
  | { readonly kind: "session"; readonly id: string; readonly model?: string }
  | { readonly kind: "text"; readonly text: string }
  /** What the tool itself has to say, and not its model: a warning. */
  | { readonly kind: "note"; readonly text: string }
  /** A tool call: its name and what with, on one line where it is short; `detail` the whole, for a folded group. */
  | {
      readonly kind: "tool";
      readonly name: string;
      readonly summary: string;
      readonly detail?: string;
    }
  | { readonly kind: "result"; readonly text: string; readonly failed: boolean }
  | { readonly kind: "error"; readonly problem: ApiProblem }
  | {
      readonly kind: "end";
      readonly message?: string;
      readonly structured?: unknown;
      readonly usage?: Usage;
      readonly failed?: string;
    };

export interface Usage {
  readonly input?: number;
  readonly cached?: number;
  readonly output?: number;
  /** US dollars, only where the tool says it. */
  readonly cost?: number;
  readonly turns?: number;
  readonly seconds?: number;
}

export interface ApiProblem {
  readonly kind: "rate limit" | "no credit" | "wrong key" | "overloaded" | "connection" | "other";
  /** The API's own words, one line. */
  readonly message: string;
}

/** Reads one line of the stream; undefined: a line it does not know, which is shown as it is. Never throws. */
export interface StreamReader {
  read(line: string): readonly AgentEvent[] | undefined;
}

export interface LaunchOptions {
  /** Exact version where it is known. */
  readonly version?: string;
  readonly model?: string;
  readonly maxTurns?: number;
  /** US dollars. */
  readonly maxCost?: number;
  /** Absolute paths in the container. */
  readonly settingsFile?: string;
  readonly mcpFile?: string;
  readonly schemaFile?: string;
  readonly schemaText?: string;
  /** The text of the same files, for a tool that keeps both in one. */
  readonly settingsText?: string;
  readonly mcpText?: string;
  readonly resume?: string;
  /** The user's own further arguments. */
  readonly further: readonly string[];
}

export interface Launch {
  /** Binary first. */
  readonly argv: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** Files to put below the home folder before it starts: path → text, or the user's file to be placed there. */
  readonly homeFiles?: Readonly<
    Record<string, { readonly copyOf: string } | { readonly text: string }>
  >;
  /** Whether standard output is the tool's JSON stream. */
  readonly streams: boolean;
}

export interface Agent {
  readonly name: string;
  readonly binary: string;
  readonly npmPackage: string;
  /** The major version of Node.js that it needs at least. */
  readonly node: number;
  /** The oldest version that this table was tried with, and the newest. */
  readonly tried: { readonly oldest: string; readonly newest: string };
  /** Why the agent has no such thing, as a sentence for the user; absent where it has. */
  readonly lacks: Partial<
    Record<"model" | "maxTurns" | "maxCost" | "settings" | "mcp" | "schema" | "resume", string>
  >;
  launch(options: LaunchOptions): Launch;
  /** Variables of which one must be set for the tool to reach its model (direct keys first). */
  readonly keys: readonly string[];
  /** Other names people give, and the name the tool reads: mapped, and said. */
  readonly aliases: Readonly<Record<string, string>>;
  /** Variables that give access another way (Bedrock, Vertex, OIDC, a base URL, a login file). */
  readonly otherAccess: readonly string[];
  readonly configFolder: string;
  /** Where sessions live, below the home folder. */
  readonly sessionFolder: string;
  /** Files and folders of a repository that steer it. */
  readonly steering: readonly string[];
  /** What the user should know before it starts, by the variables it gets; undefined where there is nothing. */
  notice?(environment: ReadonlyMap<string, string>): string | undefined;
  reader(): StreamReader;
  /** Reads an API problem out of what stands on standard error or in a plain line; undefined when there is none. */
  problemIn(line: string): ApiProblem | undefined;
}
