import { meansOwnBuilder } from "../../build/builder-choice.ts";
import { reasonIn } from "../../engine/words.ts";
import { type Look, ofEngine } from "./world.ts";

/** What images are built by. */
export const builder: Look = ofEngine("buildx", async ({ engine, engineContext, job }) => {
  const about = "buildx";
  const { cli } = engine;
  const { builder: named } = job.settings;
  const builds = await engine.builds();
  if (builds === "podman") {
    const says = "none: podman builds by itself";
    return named === undefined
      ? [{ about, state: "ok", says }]
      : [{ about, state: "note", says, next: `leave \`builder\` out: ${named} is not used` }];
  }
  if (builds === "podman's API" && meansOwnBuilder(named, engineContext)) {
    const says = "not used: podman's Docker API builds, and takes no build secrets";
    return (job.settings["build-secrets"] ?? []).length === 0
      ? [{ about, state: "ok", says }]
      : [
          {
            about,
            state: "problem",
            says,
            next: "use podman's own command, without docker on the `PATH`",
          },
        ];
  }
  const version = await cli.ask("buildx", "version");
  if (version.code !== 0) {
    return [
      {
        about,
        state: "problem",
        says: `docker has no buildx: ${reasonIn(version.stderr)}`,
        next: "install the buildx plugin; without it nothing is built, and everything is installed at each task's start",
      },
    ];
  }
  const name = named === undefined || meansOwnBuilder(named, engineContext) ? engineContext : named;
  const [inspected, others] = await Promise.all([
    cli.ask("buildx", "inspect", name),
    cli.ask("buildx", "ls", "--format", "{{.Builder.Name}}"),
  ]);
  if (inspected.code !== 0) {
    return [
      {
        about,
        state: "problem",
        says: `the builder ${name} cannot be used: ${reasonIn(inspected.stderr)}`,
        next: "leave `builder` out, or create it in an earlier step (`docker/setup-buildx-action`)",
      },
    ];
  }
  // a line a node; versions that know no such format are of no help
  const names = others.code === 0 ? others.stdout.split("\n").map((line) => line.trim()) : [];
  const rest = [...new Set(names)].filter((one) => one !== "" && one !== name);
  const also = rest.length === 0 ? "" : `; there are ${rest.join(", ")}, too`;
  const [, number = version.stdout.trim()] = /\bv?(\d+\.\d+\S*)/.exec(version.stdout) ?? [];
  return [{ about, state: "ok", says: `version ${number}, with the builder ${name}${also}` }];
});
