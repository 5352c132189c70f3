import { meansOwnBuilder } from "../../build/builder-choice.ts";
import { reasonIn } from "../../engine/words.ts";
import { type Look, ofEngine } from "./world.ts";

/** What images are built by. */
export const builder: Look = ofEngine("buildx", async ({ engine: { cli }, engineContext, job }) => {
  const about = "buildx";
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
  const wanted = job.settings.builder;
  const name =
    wanted === undefined || meansOwnBuilder(wanted, engineContext) ? engineContext : wanted;
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
