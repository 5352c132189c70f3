import { access, constants } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { decideCache } from "../../policy/cache.ts";
import { decidePush } from "../../policy/push.ts";
import type { Finding } from "../../report/doctor.ts";
import type { Look } from "./world.ts";

/** Whether images go to and come from the Actions cache in this job. */
export const cache: Look = {
  about: "cache",
  at: async ({ environment, event, job: { settings } }) => {
    const about = "cache";
    const setting = settings["actions-cache"];
    const { push } = decidePush(settings.push, settings.registry, event);
    if (setting === "off" || (setting === "auto" && push)) {
      const why = setting === "off" ? "`actions-cache: off`" : "images go to the `registry`";
      return [{ about, state: "ok", says: `the Actions cache is not used: ${why}` }];
    }
    const { read, write, why, warning } = decideCache(setting, environment, push, event);
    if (!read && !write) {
      if (warning === undefined && environment.GITHUB_ACTIONS !== "true") {
        return [
          { about, state: "ok", says: "there is no Actions cache outside of GitHub Actions" },
        ];
      }
      const next = warning ?? "set `registry`: without either, every runner builds its own images";
      return [{ about, state: "note", says: "this job has no Actions cache", next }];
    }
    const found = await usable(environment.PATH ?? "");
    if (found !== undefined) {
      return [found];
    }
    if (write) {
      return [{ about, state: "ok", says: "the Actions cache is read and written" }];
    }
    const next = why && `nothing, if that is meant: ${why}`;
    return [{ about, state: "note", says: "the Actions cache is only read", next }];
  },
};

/** What packs and unpacks; where there is no zstd, Node.js has one. */
async function usable(path: string): Promise<Finding | undefined> {
  return (await isOnPath("tar", path))
    ? undefined
    : {
        about: "cache",
        state: "problem",
        says: "the Actions cache cannot be used: there is no `tar` on the PATH",
        next: "install `tar` on this runner",
      };
}

async function isOnPath(program: string, path: string): Promise<boolean> {
  const places = path.split(delimiter).filter((folder) => folder !== "");
  const found = places.map((folder) => access(join(folder, program), constants.X_OK));
  return Promise.any(found).then(
    () => true,
    () => false,
  );
}
