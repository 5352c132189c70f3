import { placeOfProxy } from "../../settings/proxies.ts";

/** An address as it may be shown: without what is before its host, where names and passwords are. Pure. */
export function withoutLogin(address: string): string {
  return address.replace(/(?<=\/\/).*@/s, "");
}

/** The host and port of a proxy alone: its address may have a password in it, one that cannot be read too. Pure. */
export function hostOf(address: string): string {
  // a password with a slash in it ends the host too early
  const [, ...rest] = address.replace(/^[a-z][a-z0-9+.-]*:\/\//i, "").split(/[/?#]/);
  const host = rest.join("").includes("@") ? undefined : placeOfProxy(address)?.host;
  return host ?? "(its address cannot be read)";
}
