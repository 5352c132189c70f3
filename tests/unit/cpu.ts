/** Milliseconds of processor time that this takes; unlike the clock, it does not count a busy machine's other work. */
export function cpuMs(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
