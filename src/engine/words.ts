import { plain } from "../log/text.ts";

/**
 * What the engine said when it did not do what it was asked for. What to do next follows from the kind:
 * `withAdvice` in `advice.ts`.
 *
 * - `absent`: no such image, container or path in it
 * - `denied`: a registry wants a login, or another one
 * - `registry unreachable`: the engine does not get through to a registry
 * - `rate limited`: a registry has had enough of us
 * - `unreachable`: no engine answers
 * - `not trusted`: an engine answers, and one side does not believe the other's certificate, or has none
 * - `no entry by ssh`: the engine's machine does not let us in
 * - `ssh host unknown`: SSH is not sure that it is the engine's machine which answers
 * - `no docker there`: we got to the engine's machine, and it has no docker command to answer us
 * - `wrong address`: what says where the engine is cannot be used, so nobody was asked
 * - `no permission`: an engine answers, and not to this user
 * - `too old`: the CLI and the engine do not speak the same version of the engine's API
 * - `not shared`: the engine does not have this machine's files
 * - `full`: no room on the engine's disk
 * - `too deep`: the image has more layers than the engine can stack
 * - `platform`: the image, or a program in it, is for another platform
 * - `init missing`: the engine's own first process does not start
 * - `no program`: what was to be run is not in the container
 * - `no user`: the image does not know the user
 * - `name taken`: a container of that name is there
 * - `no network`: there is no network of that name
 * - `port taken`: somebody else listens on a port that the container is to have
 * - `no buildx`: the CLI has no buildx
 * - `unsupported`: the engine's machine cannot do it (limits of memory or processors, for one)
 * - `too slow`: it was ended by its time limit
 * - `cancelled`: it was ended because the step was
 * - `other`: anything else; the reason has its words
 */
export type RefusalKind =
  | "absent"
  | "denied"
  | "registry unreachable"
  | "rate limited"
  | "unreachable"
  | "not trusted"
  | "no entry by ssh"
  | "ssh host unknown"
  | "no docker there"
  | "wrong address"
  | "no permission"
  | "too old"
  | "not shared"
  | "full"
  | "too deep"
  | "platform"
  | "init missing"
  | "no program"
  | "no user"
  | "name taken"
  | "no network"
  | "port taken"
  | "no buildx"
  | "unsupported"
  | "too slow"
  | "cancelled"
  | "other";

export interface Refusal {
  readonly kind: RefusalKind;
  /** The engine's own words, or how long it took. */
  readonly reason: string;
}

// Every word of the CLI's output that is relied on stands here and nowhere else: those of Docker 20.10 to 29, and of podman 4.3 to 5.
// The first that is found decides, so what can stand inside of another answer comes before it.

const kinds: readonly (readonly [RefusalKind, RegExp])[] = [
  ["unsupported", /daemon: decode\(\): eof$/i], // by its Docker API, podman 4.3 keeps no container as an image
  ["too slow", /^it took longer than \d+ s and was ended$/],
  // what stands behind `SSH: ` is the other machine's own
  ["ssh host unknown", /^SSH: .*(?:host key|known_hosts)/i],
  ["no permission", /^SSH: .*(?:docker\.sock|docker (?:daemon|api)).*permission denied/i],
  [
    "no entry by ssh",
    /^SSH: .*(?:permission denied|too many authentication failures|no more authentication methods|account .*(?:expired|not available)|not allowed)/i,
  ],
  ["no docker there", /^SSH: .*\bdocker\b.*(?:not found|no such file|not recognized)/i],
  ["unreachable", /^SSH: /],
  [
    "no permission",
    /permission denied while trying to connect to the docker|dial unix .*permission denied/i,
  ],
  [
    "too old",
    /client version [\d.]+ is too (?:old|new)|(?:minimum|maximum) supported api version|requires? api version|api version is too old/i,
  ],
  [
    "not trusted",
    /error during connect.*(?:x509:|\btls: |http response to https client)|http request to an https server|unable to resolve docker endpoint.*\.pem\b/i,
  ],
  [
    "wrong address",
    /unable to (?:resolve docker endpoint|parse docker host)|context "[^"]*" (?:is )?not found|context "[^"]*": context not found|invalid (?:bind address|proto)/i,
  ],
  [
    "unreachable",
    /cannot connect to the docker daemon|error during connect|is the docker daemon running|failed to connect to the docker api|unable to connect to podman|docker daemon is not running/i,
  ],
  [
    "full",
    /no space left on device|disk quota exceeded|(?:not|n't) (?:have )?enough (?:free )?(?:disk )?space/i,
  ],
  ["too deep", /max depth exceeded|too many layers/i],
  [
    "registry unreachable",
    /dial tcp|i\/o timeout|tls handshake|\btls: |x509:|http response to https client|(?:connection|network).*(?:refused|reset|unreachable)|no such host|client\.timeout|proxy authentication required|https?:\/\/\S+ .*\b(?:EOF|context deadline exceeded)|download failed after/i,
  ],
  ["rate limited", /toomanyrequests|too many requests|rate limit/i],
  ["platform", /\bexec \S+ failed: exec format error/i], // says the engine's own first process
  // says the engine's own first process; and the kernel, of a program or of what loads it
  ["no program", /\bexec \S+ failed: no such file|^exec (?!\S*init:)\S+: no such file/i],
  [
    "init missing",
    /\b(?:docker-init|catatonit|tini)\b.*(?:not found|no such file|cannot|error)|init binary/i,
  ],
  [
    "platform",
    /exec format error|no matching manifest|no match for platform|does not match the (?:specified|detected|expected) platform|image operating system .* cannot be used|does not provide the specified platform|no image found in .*index for/i,
  ],
  [
    "not shared",
    /bind source path does not exist|error while creating mount source path|^(?:error: )?statfs .*no such file|mounts denied|is not shared from the host|path .* is not shared/i,
  ],
  ["no user", /unable to find (?:user|group)|no matching entries in (?:passwd|group) file/i],
  ["name taken", /is already in use by container|name .* is already in use/i],
  ["port taken", /port is already allocated|address already in use/i],
  [
    "no buildx",
    /'(?:docker )?buildx' is not a docker command|unknown command: docker buildx|unknown flag: --builder/i,
  ],
  [
    "no network",
    /network [^:]* not found|could not find network|unable to find network|no such network/i,
  ],
  [
    "absent",
    /no such image|no such container|no such object|manifest unknown|manifest for .* not found|failed to resolve reference .*: not found|name unknown|could not (?:find the file|be found on container)|image not known|\S+[:@]\S+: not found$|no such volume/i,
  ],
  [
    "no program",
    /executable file not found|exec: "[^"]*": .*(?:no such file|permission denied)|not found in \$PATH/i,
  ],
  [
    "unsupported",
    /does not support|not supported|could not select device driver|controller \S+ is not available|cgroup.*(?:not (?:mounted|available|found)|permission denied)/i,
  ],
  [
    "denied",
    /(?<!permission )denied|unauthorized|forbidden|insufficient_scope|no basic auth|authentication required/i,
  ],
];

/**
 * Reads a refusal from all that a command said: its kind, and the line that is the reason.
 *
 * @param about the name that was asked about: it may have any of these words in it
 */
export function readRefusal(said: string, about = ""): Refusal {
  const reason = reasonIn(said);
  const text = about === "" ? reason : reason.replaceAll(about, "");
  const kind = kinds.find(([, words]) => words.test(text))?.[0] ?? "other";
  return { kind, reason };
}

/** What the CLI says beside the error: how it is called, what is old about it, what it could not save, what follows. */
const besides =
  /^(?:see ['"`]|run ['"`]docker|usage:|for more help|warning[:!]|\[?deprecat|flag \S+ has been deprecated|unable to find image '[^']*' locally|error response from daemon: container \S+ is not running$|learn more|what's next|view build details|time="[^"]*" level=(?:warning|info|debug))/i;

/** How lines begin that are an error. */
const isError =
  /^(?:docker: |error\b|err(?:or)?:|failed\b|fatal\b|cannot\b|unable to\b|invalid\b|denied\b|unauthorized\b|unknown (?:shorthand )?flag|open |permission denied|no basic auth|no such |toomanyrequests|client version|"docker |write |read |template parsing|exec \S+: exec format error|\[fatal )/i;

/**
 * The line that says why, of all that a command said: the first one that is an error, else the last that is none of
 * what the CLI says beside. Control characters are gone; at most 300 characters.
 */
export function reasonIn(said: string): string {
  const lines = overSsh(plain(said))
    .replace(/(\d errors? occurred:)\n\s*\*\s*/g, "$1 ") // podman's list of one thing
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
  const telling = lines.filter((line) => !besides.test(line));
  const line = telling.find((one) => isError.test(one)) ?? telling.at(-1) ?? lines.at(-1);
  const reason = line ?? "it said nothing";
  return reason.length > 300 ? `${reason.slice(0, 299)}…` : reason;
}

/** An id as Docker writes it; podman's are without the word. */
export function digestOf(id: string): string {
  return /^[0-9a-f]{64}$/.test(id) ? `sha256:${id}` : id;
}

/**
 * Of an engine by SSH the CLI tells how it called `ssh` and puts all that this said behind: its verdict is the last
 * line. Where only the engine behind does not answer, the CLI names an address of its own making.
 */
function overSsh(said: string): string {
  const [, stderr] =
    /command \[ssh .*?\] has exited with [\s\S]*?stderr=([\s\S]*)$/.exec(said) ?? [];
  if (stderr !== undefined) {
    return `SSH: ${stderr.trim().split("\n").at(-1)?.trim() || "it ended without a word"}`;
  }
  return said.replaceAll("at http://docker.example.com", "by SSH");
}

/** `docker commit` and `docker import` print the id of the image they made. */
export function madeImage(output: string): string | undefined {
  const id = /^(?:sha256:)?[0-9a-f]{64}$/m.exec(output)?.[0];
  return id && digestOf(id);
}

/** Our own words for a command that its limit ended; {@link readRefusal} knows them. */
export function tookTooLong(limitMs: number): string {
  return `it took longer than ${Math.round(limitMs / 1000)} s and was ended`;
}

/** `docker push` names the manifest it sent in its last line. */
export function pushedDigest(output: string): string | undefined {
  return /digest: (sha256:[0-9a-f]{64})/.exec(output)?.[1];
}
