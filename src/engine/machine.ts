import { z } from "zod";
import { parseJson } from "../log/json.ts";
import type { Docker } from "./cli.ts";

/** The machine that the engine runs its containers on. */
export interface Machine {
  /** In bytes. */
  readonly memory: number;
  /** User numbers are other ones in a container: the engine is rootless or has user namespaces. */
  readonly mapsUsers: boolean;
}

const schema = z.tuple([z.number().positive(), z.array(z.string()).nullable()]);

/** Asks the engine, which takes it longer than most else. Undefined where it does not say. */
export async function askMachine(cli: Docker): Promise<Machine | undefined> {
  const format = "[{{json .MemTotal}},{{json .SecurityOptions}}]";
  const { code, stdout } = await cli.ask("info", "--format", format);
  const [memory, options] =
    (code === 0 ? schema.safeParse(parseJson(stdout)).data : undefined) ?? [];
  return memory === undefined
    ? undefined
    : {
        memory,
        mapsUsers: (options ?? []).some((one) => /^name=(?:rootless|userns)\b/.test(one)),
      };
}
