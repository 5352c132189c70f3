/** The names that images have in the engine while a run's loopback registry has them, as `docker image ls` takes them. */
export function namesOfRun(runId: string): string {
  return `127.0.0.1:*/${runId}-*/*`;
}
