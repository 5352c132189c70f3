import { release, userInfo } from "node:os";
import { z } from "zod";
import { readAsset } from "../../assets.ts";
import { programOf } from "../../engine/program.ts";
import { parseJson } from "../../log/json.ts";
import { trustIn } from "../../policy/trust.ts";
import type { Look } from "./world.ts";

const packageSchema = z.object({ version: z.string() });

/** What people ask for first: which version, on what. */
export const version: Look = {
  about: "version",
  at: async ({ environment, engine }) => {
    const own = packageSchema.safeParse(parseJson(await readAsset("package.json"))).data?.version;
    const { GITHUB_ACTION_REPOSITORY: from, GITHUB_ACTION_REF: ref } = environment;
    const used = from && ref ? ` (${from}@${ref})` : "";
    // it says its own version where no engine answers, too
    const { name } = programOf(engine.cli);
    const its = await engine.cli.ask("version", "--format", "{{.Client.Version}}").then(
      ({ stdout }) => stdout.split("\n")[0] || "unknown",
      () => "none",
    );
    return [
      {
        about: "version",
        state: "ok",
        says: `Agent Runner ${own ?? "unknown"}${used}, Node.js ${process.versions.node}, ${name} command ${its}`,
      },
    ];
  },
};

export const runner: Look = {
  about: "runner",
  at: async ({ environment }) => {
    const { RUNNER_ENVIRONMENT: kind, RUNNER_OS: os, RUNNER_ARCH: arch } = environment;
    const where = kind
      ? `a ${kind} runner (${os}, ${arch})`
      : `${environment.GITHUB_ACTIONS === "true" ? "a runner" : "outside of GitHub Actions"} (${process.platform}, ${process.arch})`;
    const says = `${where}, kernel ${release()}, user ${userInfo().uid}`;
    return [{ about: "runner", state: "ok", says }];
  },
};

export const event: Look = {
  about: "event",
  at: async ({ event, environment }) => {
    const about = "event";
    if (event === undefined) {
      return environment.GITHUB_ACTIONS === "true"
        ? [
            {
              about,
              state: "note",
              says: "nothing says which event started the job, so none is trusted",
              next: "pass `GITHUB_EVENT_NAME` and `GITHUB_EVENT_PATH` through",
            },
          ]
        : [{ about, state: "ok", says: "none, on a terminal" }];
    }
    const { trusted, why } = trustIn(event);
    return trusted
      ? [{ about, state: "ok", says: `\`${event.name}\`, trusted` }]
      : [
          {
            about,
            state: "note",
            says: `\`${event.name}\`, not trusted: ${why}`,
            next: "nothing, if that is so: nothing is published, and settings come from the default branch",
          },
        ];
  },
};
