import { type Builder, BuildFailed } from "./build.ts";

/** Stands where nothing may be built: the ladder goes on with what there is. */
export function noBuilder(why: string): Builder {
  return {
    async build() {
      throw new BuildFailed(why, "");
    },
  };
}
