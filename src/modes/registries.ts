import type { BlobClient } from "../registry/blobs.ts";
import type { Budget } from "../registry/budget.ts";
import { type RegistryClient, registryClient } from "../registry/client.ts";
import { certificateFolders } from "../registry/trust.ts";
import type { Runtime } from "./runtime.ts";

/**
 * Speaks to registries as this run's engine does.
 *
 * @param budget shared by all that is asked
 */
export function registriesOf(
  { credentials, engine, environment }: Pick<Runtime, "credentials" | "engine" | "environment">,
  budget: Budget,
): RegistryClient & BlobClient {
  const askEngine = async () => (await engine.machine().catch(() => undefined))?.registries;
  const certificates = certificateFolders(environment);
  return registryClient({ credentials, budget, ways: { askEngine, certificates } });
}
