import { certificateVariables } from "../settings/certificates.ts";

/** What stands in a template for the image a layer is built on; keys hash it as it stands here. */
export const parentPlaceholder = "{{parent}}";

/** Where scripts are found while they run, at build time and in the fall-back alike. */
export const scriptFolder = "/run/agent-runner/build";
/** Where the certificates of `ca-certificates` are, if there are any, for scripts and the task alike. */
export const certificatesFile = "/run/agent-runner/ca-certificates.crt";
/** The build secret that they are. */
export const certificatesSecret = "agent-runner-ca";
/** Where the files of `cached-files` are found while the cached preflight runs. */
export const cachedFilesFolder = "/tmp/agents-cached-files";

/** What changes the build beside the scripts themselves. */
export interface TemplateOptions {
  /** File names of the scripts, in the order they run: one RUN each. */
  readonly scripts: readonly string[];
  readonly withFiles: boolean;
  /** Ids of the build secrets. */
  readonly secrets: readonly string[];
  readonly cacheVersion: string | undefined;
  /** Lines that stand for what changes the build and is in no component of its own. */
  readonly remarks: readonly string[];
}

/** The file in the build context that holds `cache-version`. */
export const cacheVersionFile = "cache-version";

/**
 * A layer's Dockerfile with everything filled in but its parent. Its exact bytes are part of the
 * key contract; docs/keys.md has them in words.
 *
 * No `# syntax=` line: it would make BuildKit pull a frontend image first.
 */
export function dockerfileTemplate(options: TemplateOptions): string {
  const { cacheVersion } = options;
  const version = cacheVersion === undefined ? [] : [`# cache-version: ${cacheVersion}`];
  const remarks = options.remarks.map((remark) => `# ${remark}`);
  const runs = options.scripts.map((script) => runLine(script, options));
  return `${[`FROM ${parentPlaceholder}`, ...version, ...remarks, ...runs].join("\n")}\n`;
}

const certificatesMount = `--mount=type=secret,id=${certificatesSecret},target=${certificatesFile},mode=0444,required=false`;

/** The same Dockerfile for a builder without secrets: the certificates are bound from a file of the context. */
export function withCertificatesIn(file: string, dockerfile: string): string {
  const bound = `--mount=type=bind,source=${file},target=${certificatesFile}`;
  return dockerfile.replaceAll(certificatesMount, () => bound);
}

function runLine(script: string, options: TemplateOptions): string {
  // in every template, so that no key says whether somebody has some
  const mounts = [bind(script), certificatesMount];
  if (options.cacheVersion !== undefined) {
    // a comment alone would leave BuildKit's own cache to answer for the old version
    mounts.push(bind(cacheVersionFile));
  }
  if (options.withFiles) {
    mounts.push(`--mount=type=bind,source=files,target=${cachedFilesFolder}`);
  }
  for (const id of options.secrets) {
    mounts.push(`--mount=type=secret,id=${id},mode=0444,required=true`);
  }
  return `RUN ${mounts.join(" ")} ${JSON.stringify(scriptArgv(script))}`;
}

function bind(file: string): string {
  return `--mount=type=bind,source=${file},target=${scriptFolder}/${file}`;
}

/**
 * How a build script is run, by the build and by the fall-back: as a `run:` step would, in `/`,
 * with nothing on standard input. The outer bash is there because a RUN starts in the image's
 * WORKDIR, which a WORKDIR instruction of ours would overwrite. It also tells programs of further certificates, where
 * there are any and the image does not tell of others.
 */
export function scriptArgv(script: string): readonly string[] {
  return [
    "bash",
    "--noprofile",
    "--norc",
    "-c",
    `${tellCertificates}; cd / && unset OLDPWD && exec bash --noprofile --norc -eo pipefail ${scriptFolder}/${script} </dev/null`,
  ];
}

/** One line of bash without quotes, for it stands in JSON. */
const tellCertificates = `if [[ -s ${certificatesFile} ]]; then for ar_name in ${certificateVariables.join(" ")}; do [[ -n \${!ar_name+x} ]] || export $ar_name=${certificatesFile}; done; fi`;

/** Where apt is told of the certificates: on every kind of engine in memory, and never in an image. */
const aptSettings = "/dev/shm/agent-runner-apt.conf";

/**
 * A build script as it is run where there are certificates. apt alone learns of them by no variable of theirs, but by a
 * file with settings. What makes it stands in front of the first line, so that all lines keep their numbers; it is part
 * of no template and no key, as the certificates are not. Pure.
 */
export function tellingApt(script: string): string {
  return `if [[ -z \${APT_CONFIG+x} ]] && echo 'Acquire::https::CAInfo "${certificatesFile}";' 2>/dev/null >${aptSettings}; then export APT_CONFIG=${aptSettings}; fi; ${script}`;
}
