/** An address as it may be shown: without what is before its host, where names and passwords are. Pure. */
export function withoutLogin(address: string): string {
  return address.replace(/(?<=\/\/).*@/s, "");
}

/** The host and port of a proxy, which may be given without a scheme. Pure. */
export function hostOf(address: string): string {
  return address
    .replace(/^[a-z][a-z0-9+.-]*:\/\//i, "")
    .replace(/^.*@/s, "")
    .replace(/[/?#].*$/s, "");
}
