import { PassThrough } from "node:stream";
import { z } from "zod";
import { parseJson } from "../log/json.ts";
import type { Docker } from "./cli.ts";
import { type Patience, refusalOf, runWithin } from "./limits.ts";
import { keepTail } from "./tail.ts";
import { madeImage, type Refusal, readRefusal } from "./words.ts";

const names = z.record(z.string(), z.unknown()).nullish();
const configSchema = z.object({
  Env: z.array(z.string()).nullish(),
  WorkingDir: z.string().nullish(),
  User: z.string().nullish(),
  ExposedPorts: names,
  Volumes: names,
  StopSignal: z.string().nullish(),
  Labels: z.record(z.string(), z.string()).nullish(),
});

/**
 * Keeps a container's files as an image of one layer, for an image that has as many layers as the engine can stack.
 * What its image says of itself is said again, but for its entrypoint and command.
 *
 * @param from the image that the container is made of
 * @param changes in the words of a Dockerfile; they come last
 */
export async function flatten(
  cli: Docker,
  name: string,
  from: string,
  image: string,
  changes: readonly string[],
  patience: Patience,
): Promise<{ readonly id: string } | Refusal> {
  const asked = await cli.ask("image", "inspect", "--format", "{{json .Config}}", from);
  const config = configSchema.nullish().safeParse(parseJson(asked.stdout));
  if (asked.code !== 0 || !config.success) {
    return readRefusal(asked.stderr, from);
  }
  const files = new PassThrough();
  const said = keepTail(4096);
  const exporting = cli.start(["export", name], { stdout: files, output: said.stream });
  const exported = exporting.done.finally(() => files.end());
  exported.catch(() => {});
  const flags = [...configChanges(config.data ?? {}), ...changes].map((one) => `--change=${one}`);
  const argv = ["import", ...flags, "-", image];
  const imported = await runWithin(cli, argv, { ...patience, input: files });
  files.resume(); // what is left of it would keep the other command from ending
  const refused = refusalOf(imported, image);
  const { code } = await (refused === undefined ? exported : exporting.end(1_000));
  if (refused !== undefined) {
    return refused;
  }
  const id = madeImage(imported.tail) ?? (await idOf(cli, image));
  if (code === 0 && id !== undefined) {
    // podman's Docker API forgets the tag that it was given
    const named = await cli.ask("tag", id, image);
    return named.code === 0 ? { id } : readRefusal(named.stderr);
  }
  await cli.ask("image", "rm", image); // it has a part of the files only
  return readRefusal(said.text());
}

/** By podman's Docker API the docker command does not say what it has made. */
async function idOf(cli: Docker, image: string): Promise<string | undefined> {
  const { code, stdout } = await cli.ask("image", "inspect", "--format", "{{.Id}}", image);
  return code === 0 ? madeImage(stdout) : undefined;
}

/** What an image says of itself, in the words of a Dockerfile. Pure. */
export function configChanges(config: z.output<typeof configSchema>): readonly string[] {
  const volumes = Object.keys(config.Volumes ?? {});
  const { Env, WorkingDir, User, ExposedPorts, StopSignal, Labels } = config;
  return [
    ...(Env ?? []).map((line) => {
      const [, name = "", value = ""] = /^([^=]*)=(.*)$/s.exec(line) ?? [];
      return `ENV ${name}=${quoted(value)}`;
    }),
    ...(WorkingDir ? [`WORKDIR ${WorkingDir}`] : []),
    ...(User ? [`USER ${User}`] : []),
    ...Object.keys(ExposedPorts ?? {}).map((port) => `EXPOSE ${port}`),
    ...(volumes.length > 0 ? [`VOLUME ${JSON.stringify(volumes)}`] : []),
    ...(StopSignal ? [`STOPSIGNAL ${StopSignal}`] : []),
    ...Object.entries(Labels ?? {}).map(
      ([name, value]) => `LABEL ${quoted(name)}=${quoted(value)}`,
    ),
  ];
}

/** One word of a Dockerfile, with nothing in it that is read as a variable. */
function quoted(text: string): string {
  return `"${text.replace(/[\\"$]/g, "\\$&")}"`;
}
