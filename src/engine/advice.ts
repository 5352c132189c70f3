import type { Refusal, RefusalKind } from "./words.ts";

/** What to do next about a refusal, by its kind; nothing where the reason is all that can be said. */
const advice: Readonly<Record<RefusalKind, string | undefined>> = {
  absent: undefined,
  denied:
    "log in first if it is private (`docker/login-action`, or `registry-username`), and check its name",
  "registry unreachable":
    "check the name, the network and the proxy of the engine's machine, and the certificate it trusts for that registry",
  "rate limited": "log in there, which gives more pulls, or name a mirror or a copy of your own",
  unreachable: "start the engine, or set `DOCKER_HOST` to where one answers",
  "not trusted":
    "the docker command and the engine have to trust each other's certificates: check `DOCKER_TLS_VERIFY`, `DOCKER_CERT_PATH` and that `DOCKER_HOST` names the port for TLS",
  "no entry by ssh":
    "the runner's user needs a key that the user named in `DOCKER_HOST` is let in with, in its `~/.ssh` or an agent (`SSH_AUTH_SOCK`)",
  "ssh host unknown":
    "put the host key of the engine's machine into `~/.ssh/known_hosts` of the runner's user, after a look that it is the right one",
  "no docker there":
    "install the docker command on the engine's machine, on the PATH of a login without a terminal",
  "wrong address": "check `DOCKER_HOST`, `DOCKER_CONTEXT` and `docker context ls`",
  "no permission":
    "add the runner's user to the group of the engine's socket (`docker`), or set `DOCKER_HOST` to an engine of its own",
  "too old":
    "bring the docker command and the engine to the same version, or set `DOCKER_API_VERSION` to the engine's",
  "not shared": "the engine has to see the files of this machine under the same path",
  full: "free space on the engine's disk, for one with `docker system prune`, or use a larger runner",
  "too deep": "take a base image with fewer layers",
  platform:
    "set `platform` to what the image is for, or install QEMU on the runner (`docker/setup-qemu-action`)",
  "init missing":
    "install a static `docker-init` beside the engine (Debian's `tini-static`), or set `init-path` in its `daemon.json`",
  "no program": undefined,
  "no user": "give a `user` that the image has, or a number",
  "name taken": undefined,
  "no network": "create it in a step before this one, or leave `network` out",
  "port taken": "end what listens there, or choose another port",
  "no buildx": "install the buildx plugin on this runner (GitHub's hosted runners have it)",
  unsupported: undefined,
  "too slow": undefined,
  cancelled: undefined,
  other: undefined,
};

/** The reason with what to do next, as a part of a sentence: `no space left on device; free space …`. */
export function withAdvice({ kind, reason }: Refusal): string {
  const next = advice[kind];
  return next === undefined ? reason : `${reason.replace(/[.;]$/, "")}; ${next}`;
}
