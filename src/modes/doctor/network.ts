import { access, constants } from "node:fs/promises";
import { reasonOf } from "../../log/trouble.ts";
import type { Finding } from "../../report/doctor.ts";
import { certificateVariables } from "../../settings/certificates.ts";
import { proxiesOf } from "../../settings/proxies.ts";
import { hostOf } from "./shown.ts";
import type { Look } from "./world.ts";

const names = ["http_proxy", "https_proxy", "ftp_proxy", "all_proxy", "no_proxy"];

/** Hosts only: the address of a proxy may have a password in it. */
export const proxy: Look = {
  about: "proxy",
  at: async ({ environment, job }) => {
    const about = "proxy";
    const said = names
      .flatMap((name) => [name.toUpperCase(), name])
      .flatMap((name) => {
        const value = environment[name];
        return value ? [`\`${name}\` ${/^no_/i.test(name) ? value : hostOf(value)}`] : [];
      });
    if (said.length === 0) {
      return [{ about, state: "ok", says: "none is set" }];
    }
    const says = said.join(", ");
    if (job.settings.proxy === "off") {
      return [{ about, state: "ok", says: `${says}; builds and tasks get none (\`proxy: off\`)` }];
    }
    const { warning } = proxiesOf(environment);
    return [
      warning === undefined
        ? { about, state: "ok", says: `${says}; builds and tasks get the same` }
        : { about, state: "note", says, next: warning },
    ];
  },
};

/** What is trusted besides what all are, and whether it is there. */
export const certificates: Look = {
  about: "certificates",
  at: async ({ environment, job }) => {
    const about = "certificates";
    const count = (job.certificates ?? "").split("-----BEGIN").length - 1;
    const given = count === 0 ? "" : `; builds and tasks trust ${count} of this machine's`;
    const named = new Map<string, string[]>();
    for (const name of [...certificateVariables, "SSL_CERT_DIR"]) {
      const path = environment[name];
      if (path) {
        named.set(path, [...(named.get(path) ?? []), `\`${name}\``]);
      }
    }
    const files = [...named].map(([path, names]) => ({ path, by: names.join(", ") }));
    const missing = await Promise.all(files.map(notReadable));
    const said = files.map(({ path, by }) => `${path} by ${by}`).join("; ");
    return [
      { about, state: "ok", says: `${said || "no variable names any"}${given}` },
      ...missing.flat(),
    ];
  },
};

/** Of a variable that names several folders, none has to be there. */
async function notReadable({ path, by }: { path: string; by: string }): Promise<Finding[]> {
  if (by === "`SSL_CERT_DIR`") {
    return [];
  }
  try {
    await access(path, constants.R_OK);
    return [];
  } catch (error) {
    return [
      {
        about: "certificates",
        state: "problem",
        says: `what ${by} names cannot be read: ${reasonOf(error)}`,
        next: "put the file there, or unset the variable",
      },
    ];
  }
}
