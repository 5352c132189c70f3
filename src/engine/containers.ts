import type { Readable, Writable } from "node:stream";
import { setTimeout as pause } from "node:timers/promises";
import { z } from "zod";
import type { Answer, Docker, Running } from "./cli.ts";
import { copyOut } from "./copy-out.ts";
import { type ContainerSpec, createArgv } from "./create-argv.ts";
import { flatten } from "./flatten.ts";
import { type Limited, type Patience, refusalOf, runWithin } from "./limits.ts";
import { inOwnFolder } from "./own-folder.ts";
import { programOf } from "./program.ts";
import { ContainerTrouble } from "./trouble.ts";
import { digestOf, madeImage, type Refusal, readRefusal, reasonIn } from "./words.ts";

export type { Limited, Running };

const stateSchema = z.object({
  Status: z.string(),
  Running: z.boolean(),
  ExitCode: z.number(),
  OOMKilled: z.boolean(),
  Error: z.string(),
});
export type ContainerState = z.output<typeof stateSchema>;

export interface ExecOptions {
  readonly user?: string | undefined;
  readonly workdir?: string | undefined;
  /** Variables of the command; their values never stand in argv. */
  readonly variables?: ReadonlyMap<string, string>;
  readonly output?: Writable;
  readonly signal?: AbortSignal | undefined;
  readonly limitMs: number;
}

/** Where a container's two streams go; they may go the same way. */
export interface Streams {
  readonly stdout: Writable;
  readonly stderr: Writable;
}

/** The engine's containers, by name or id. */
export interface Containers {
  create(spec: ContainerSpec): Promise<{ readonly id: string } | Refusal>;
  /** Runs one to its end and removes it. */
  run(spec: ContainerSpec): Promise<Answer>;
  /** Starts it, each of its streams on its own. */
  start(name: string, streams: Streams, input?: Readable): Running;
  /** Starts it and waits for its end; why it could not be started, or did not end well. */
  startToEnd(name: string, patience: Patience): Promise<Refusal | undefined>;
  /** Takes what it writes from now on until it has ended or the connection is lost. */
  attach(name: string, streams: Streams): Promise<void>;
  /** Runs a command in it, without input. */
  exec(name: string, argv: readonly string[], options: ExecOptions): Promise<Limited>;
  /** A short command in it, with its answer. */
  ask(name: string, argv: readonly string[]): Promise<Answer>;
  /** Waits for an engine that is being restarted. @throws ContainerTrouble where the engine has lost it */
  state(name: string): Promise<ContainerState>;
  /** The engine's address of a published port; undefined when it is not there. */
  port(name: string, port: number): Promise<string | undefined>;
  kill(name: string, signal: "TERM" | "KILL"): Promise<void>;
  /** Unpacks an archive at its root, for the container's user or, with `as archived`, for the numbers in it. */
  copyIn(
    name: string,
    archive: Readable,
    whose?: "container's user" | "as archived",
  ): Promise<Refusal | undefined>;
  copyFolderIn(name: string, folder: string, target: string): Promise<Refusal | undefined>;
  /**
   * Reads an archive of a path in it; undefined when there is no such path.
   *
   * @param follow read what a link leads to, in the container's files
   * @throws ContainerTrouble
   */
  copyOut<T>(
    name: string,
    path: string,
    read: (archive: Readable) => Promise<T>,
    follow?: boolean,
  ): Promise<T | undefined>;
  /** The id of the image it is made of; undefined where the engine does not say. */
  imageOf(name: string): Promise<string | undefined>;
  /** The paths that its image has not, or has otherwise. @throws ContainerTrouble */
  changed(name: string): Promise<readonly string[]>;
  /** Keeps its files as an image of that name, with changes in the words of a Dockerfile. Answers the image's id. */
  commit(
    name: string,
    image: string,
    changes: readonly string[],
    patience: Patience,
  ): Promise<{ readonly id: string } | Refusal>;
  /** The same as one layer, whatever the image that it is made of has; see {@link flatten}. */
  flatten(
    name: string,
    from: string,
    image: string,
    changes: readonly string[],
    patience: Patience,
  ): Promise<{ readonly id: string } | Refusal>;
  /** Ids of those with a label, `name=value`. */
  withLabel(label: string): Promise<readonly string[] | Refusal>;
  /** Removes them with their volumes; that one is gone already is no refusal. */
  remove(...names: string[]): Promise<Refusal | undefined>;
}

/** For what may take as long as a disk or a network needs. */
const hour = 3_600_000;
/** For an engine that is being restarted to answer again. */
const backMs = 30_000;

export function dockerContainers(cli: Docker): Containers {
  const program = programOf(cli);
  const refused = async (...argv: string[]) => {
    const { code, stderr } = await cli.ask(...argv);
    return code === 0 ? undefined : readRefusal(stderr);
  };
  const copyTo = async (source: string, target: string, input?: Readable, owned = true) => {
    // `--quiet` came with 23, and says no more than a line less
    const argv = ["cp", ...(owned ? ["--archive"] : []), source, target];
    const copy = (env: Record<string, string> = {}) =>
      runWithin(cli, argv, { limitMs: hour, env, ...(input && { input }) });
    // it may have the task's secrets in it
    const isLeft = input !== undefined && program.leavesInput;
    return refusalOf(
      isLeft
        ? await inOwnFolder("agent-runner-copy-in-", (TMPDIR) => copy({ TMPDIR }))
        : await copy(),
    );
  };
  return {
    async create(spec) {
      const create = (one: ContainerSpec) =>
        cli.ask("create", ...program.create, ...createArgv(one));
      let answer = await create(spec);
      // podman says so at once, and Docker at the start: a task can do without one
      if (spec.init && answer.code !== 0 && readRefusal(answer.stderr).kind === "init missing") {
        answer = await create({ ...spec, init: false });
      }
      const { code, stdout, stderr } = answer;
      return code === 0 ? { id: stdout.trim() } : readRefusal(stderr);
    },
    run: (spec) => cli.ask("run", "--rm", ...program.create, ...createArgv(spec)),
    start(name, { stdout, stderr }, input) {
      const attach = input === undefined ? ["--attach"] : ["--attach", "--interactive"];
      const options = { stdout, output: stderr, ...(input && { input }) };
      return cli.start(["start", ...attach, name], options);
    },
    async startToEnd(name, patience) {
      return refusalOf(await runWithin(cli, ["start", "--attach", name], patience), name);
    },
    async attach(name, { stdout, stderr }) {
      const argv = ["attach", "--no-stdin", "--sig-proxy=false", name];
      await cli.start(argv, { stdout, output: stderr }).done;
    },
    exec(name, argv, { user, workdir, variables = new Map(), output, signal, limitMs }) {
      const as = user === undefined ? [] : [`--user=${user}`];
      const at = workdir === undefined ? [] : [`--workdir=${workdir}`];
      const having = [...variables.keys()].map((one) => `--env=${one}`);
      const env = Object.fromEntries(variables);
      // in a task's container commands run to end it, too: who starts one says what ends that
      const ends = { limitMs, ...(signal && { signal }), cleansUp: true };
      const options = { ...ends, env, ...(output && { output }) };
      return runWithin(cli, ["exec", ...as, ...at, ...having, name, ...argv], options);
    },
    ask: (name, argv) => cli.ask("exec", name, ...argv),
    async state(name) {
      const ask = () => cli.ask("container", "inspect", "--format", "{{json .State}}", name);
      let answer = await ask();
      // an engine that is being restarted comes back, and knows then how its containers ended
      const deadline = performance.now() + backMs;
      while (
        answer.code !== 0 &&
        readRefusal(answer.stderr).kind === "unreachable" &&
        performance.now() < deadline
      ) {
        await pause(500);
        answer = await ask();
      }
      if (answer.code !== 0) {
        throw new ContainerTrouble(`the engine lost the container: ${reasonIn(answer.stderr)}`);
      }
      return stateSchema.parse(JSON.parse(answer.stdout));
    },
    async port(name, port) {
      const answer = await cli.ask("port", name, `${port}/tcp`);
      return answer.code === 0 ? answer.stdout.split("\n")[0] : undefined;
    },
    async kill(name, signal) {
      await cli.ask("kill", `--signal=${signal}`, name);
    },
    copyIn: (name, archive, whose) => copyTo("-", `${name}:/`, archive, whose !== "as archived"),
    copyFolderIn: (name, folder, target) => copyTo(`${folder}/.`, `${name}:${target}`),
    copyOut: (name, path, read, follow) => copyOut(cli, `${name}:${path}`, read, follow),
    async imageOf(name) {
      const answer = await cli.ask("container", "inspect", "--format", "{{.Image}}", name);
      return answer.code === 0 ? digestOf(answer.stdout.trim()) : undefined;
    },
    async changed(name) {
      const { code, stdout, stderr } = await cli.ask("diff", name);
      if (code !== 0) {
        const why = reasonIn(stderr);
        throw new ContainerTrouble(`the engine did not say what has changed in it: ${why}`);
      }
      return stdout.split("\n").flatMap((line) => /^[AC] (.*)$/.exec(line)?.[1] ?? []);
    },
    async commit(name, image, changes, patience) {
      const flags = changes.map((change) => `--change=${change}`);
      const ended = await runWithin(
        cli,
        ["commit", ...program.commit, ...flags, name, image],
        patience,
      );
      const id = madeImage(ended.tail);
      const refusal = refusalOf(ended, image);
      return refusal ?? (id === undefined ? readRefusal(ended.tail) : { id });
    },
    flatten: (...container) => flatten(cli, ...container),
    async withLabel(label) {
      const filter = `label=${label}`;
      const listed = await cli.ask("ps", "--all", "--quiet", "--no-trunc", "--filter", filter);
      return listed.code === 0
        ? listed.stdout.split("\n").filter((id) => id !== "")
        : readRefusal(listed.stderr);
    },
    async remove(...names) {
      const wrong =
        names.length === 0 ? undefined : await refused("rm", "--force", "--volumes", ...names);
      return wrong?.kind === "absent" ? undefined : wrong;
    },
  };
}
