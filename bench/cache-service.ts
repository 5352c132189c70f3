/**
 * The cache service of the tests in a thread of its own: its proxy moves every byte, and what is measured must not wait
 * for that.
 */
import { once } from "node:events";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { startCacheService } from "../tests/harness/cache-service.ts";

export interface BenchService {
  /** For the environment of a step. */
  env(): Record<string, string>;
  /** Bytes of archives since the last {@link BenchService.reset}. */
  downloaded(): Promise<number>;
  reset(): Promise<void>;
  stop(): Promise<void>;
}

type Question = "env" | "downloaded" | "reset" | "stop";

export async function startBenchService(): Promise<BenchService> {
  const thread = new Worker(new URL(import.meta.url), { workerData: "service" });
  const ask = async (question: Question) => {
    thread.postMessage(question);
    const [answer] = await once(thread, "message");
    return answer;
  };
  const env = (await ask("env")) as Record<string, string>;
  return {
    env: () => env,
    downloaded: async () => (await ask("downloaded")) as number,
    reset: async () => void (await ask("reset")),
    async stop() {
      await ask("stop");
      await thread.terminate();
    },
  };
}

if (!isMainThread && workerData === "service") {
  const service = await startCacheService();
  parentPort?.on("message", async (question: Question) => {
    const answer = await service[question]();
    parentPort?.postMessage(answer ?? null);
  });
}
