/** Whether a host name is this machine: the engine, too, speaks plain HTTP to it by itself. */
export function isLoopback(hostname: string): boolean {
  return /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/.test(hostname);
}
