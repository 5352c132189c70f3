import { X509Certificate } from "node:crypto";
import { getCACertificates, setDefaultCACertificates } from "node:tls";

/** Finds authorities that are trusted beside those that Node.js trusts by itself, in PEM. */
export type FindAuthorities = () => Promise<readonly string[]>;

let find: FindAuthorities | undefined;
let found: Promise<boolean> | undefined;

/** So end connections with a server that shows a certificate of an authority that is not trusted. */
const untrusted =
  /^(?:UNABLE_TO_(?:GET_ISSUER_CERT(?:_LOCALLY)?|VERIFY_LEAF_SIGNATURE)|SELF_SIGNED_CERT_IN_CHAIN|DEPTH_ZERO_SELF_SIGNED_CERT)$/;

/**
 * Says where further authorities are for this process's own requests. They are looked for when a server is met that is
 * not trusted, and not before: to take a hundred of them takes longer than a hit may.
 */
export function offerAuthorities(findThem: FindAuthorities | undefined): void {
  find = findThem;
  found = undefined;
}

/**
 * After a request that failed: trusts the further authorities from now on, if it failed because of its server's.
 *
 * @returns whether it is worth asking once more
 */
export async function trustsMore(error: unknown): Promise<boolean> {
  if (find === undefined || !isUntrusted(error)) {
    return false;
  }
  found ??= trustAll(find); // requests beside each other fail of the same
  return found;
}

async function trustAll(findThem: FindAuthorities): Promise<boolean> {
  try {
    const further = (await findThem()).filter(isCertificate); // one that is none would cost all others
    if (further.length > 0) {
      setDefaultCACertificates([...getCACertificates("default"), ...further]);
    }
    return further.length > 0;
  } catch {
    return false; // what failed tells why
  }
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).subject !== "";
  } catch {
    return false;
  }
}

/** Those who ask have errors of their own around it. */
function isUntrusted(error: unknown): boolean {
  for (let one = error; one instanceof Error; one = one.cause) {
    if (untrusted.test(String((one as NodeJS.ErrnoException).code))) {
      return true;
    }
  }
  return false;
}
