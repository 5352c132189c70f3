import { reasonOf } from "../../log/trouble.ts";
import { absent, type Lookup, type Store, trouble } from "../store.ts";
import { archiveWay } from "./archive-way.ts";
import { saveBaseFacts } from "./base-entry.ts";
import { loopbackWay } from "./loopback-way.ts";
import type { ActionsCacheOptions } from "./options.ts";
import { beginSession, type CacheSession } from "./session.ts";
import { firstInReach, type Way } from "./way.ts";

/**
 * Images in the Actions cache: layer by layer where the engine can reach this process, as whole archives where it
 * cannot. A full disk, an engine that does not answer: whatever it is, nothing is thrown, since there are other ways
 * to an image.
 */
export function actionsCacheStore(options: ActionsCacheOptions): Store {
  let begun: ReturnType<typeof begin> | undefined;
  const work = () => {
    begun ??= begin(options);
    return begun;
  };

  const look = async (ask: (way: Way) => Promise<Lookup>): Promise<Lookup> => {
    if (!options.read) {
      return absent("the Actions cache is not read in this job");
    }
    try {
      const { session, way } = await work();
      return session.entries.failed() === undefined
        ? await ask(way)
        : absent("the Actions cache has failed"); // and was reported
    } catch (error) {
      return trouble(`the Actions cache is not used: ${reasonOf(error)}`);
    }
  };

  const { facts } = options;
  let kept = facts === undefined;
  /** Once a run, beside the first image that is sent. */
  const keepFacts = async ({ entries, folder }: CacheSession) => {
    if (facts !== undefined && !kept) {
      kept = true;
      await saveBaseFacts(entries, folder, facts, (options.now ?? Date.now)());
    }
  };

  const publish: Way["publish"] = async (layer, expected, replace) => {
    try {
      const { session, way } = await work();
      const failed = session.entries.failed();
      if (failed !== undefined) {
        return { outcome: "failed", why: failed };
      }
      const done = await way.publish(layer, expected, replace || session.stale.has(layer.key));
      const { bytes, entries } = session.saved;
      session.saved = {
        bytes: bytes + (done.saved?.bytes ?? 0),
        entries: entries + (done.saved?.entries ?? 0),
      };
      if (done.outcome === "sent") {
        await keepFacts(session);
      }
      return done;
    } catch (error) {
      return { outcome: "failed", why: reasonOf(error) };
    }
  };

  return {
    name: "actions-cache",
    title: "the Actions cache",
    verb: "saved",
    policy: { write: options.write, why: options.why },
    servesBuilders: false,
    probe: (layer, expected) => look((way) => way.probe(layer, expected)),
    restore: (layer, expected) => look((way) => way.restore(layer, expected)),
    publish,
  };
}

async function begin(options: ActionsCacheOptions): Promise<{ session: CacheSession; way: Way }> {
  const session = await beginSession(options);
  const archives = archiveWay(options, session);
  const { engine } = options;
  const remote = options.remote ?? (await engine.isRemote());
  // it speaks TLS alone, to loopback too; a build that follows asks the same
  const isPodmans = async () => (await engine.builds()) === "podman's API";
  return {
    session,
    way: remote ? archives : firstInReach(loopbackWay(options, session), archives, isPodmans),
  };
}
