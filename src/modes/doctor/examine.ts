import { reasonOf } from "../../log/trouble.ts";
import type { Finding } from "../../report/doctor.ts";
import type { Look, World } from "./world.ts";

/**
 * Looks at everything side by side. What has no answer in time, or fails, is a finding itself.
 *
 * @param over fires when nobody waits any longer
 */
export async function examine(
  looks: readonly Look[],
  world: World,
  over: AbortSignal,
): Promise<readonly Finding[]> {
  const late = new Promise<void>((resolve) => {
    over.addEventListener("abort", () => resolve(), { once: true });
    if (over.aborted) {
      resolve();
    }
  });
  const found = await Promise.all(
    looks.map(({ about, at }) =>
      Promise.race([
        at(world).catch((error): Finding[] => [{ about, state: "problem", says: reasonOf(error) }]),
        late.then((): Finding[] => [
          {
            about,
            state: "problem",
            says: "it did not answer in the time there was",
            next: "ask once more; if it stays so, something hangs there",
          },
        ]),
      ]),
    ),
  );
  return found.flat();
}
