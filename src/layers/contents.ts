import { installLine } from "../agents/agents.ts";
import { readAsset } from "../assets.ts";
import { canonicalScript } from "../keys/script.ts";
import type { Job, Script } from "../settings/load.ts";
import { agentContent } from "./agent-install.ts";
import { exactVersion } from "./agent-version.ts";
import type { Content, LayerScript } from "./layers.ts";

/**
 * What the job's tasks need beyond the base image, in the order it is installed.
 *
 * @param signal ends what is asked of others: npm may not answer
 */
export async function contentsOf(
  job: Job,
  warn: (message: string) => void,
  signal?: AbortSignal,
): Promise<readonly Content[]> {
  const { settings, scripts } = job;
  const contents: Content[] = [];
  if (settings["headless-desktop"] !== "false") {
    const install = scripts["desktop-install-script"];
    const setup = scripts["desktop-setup-script"];
    contents.push({
      name: "desktop",
      scripts: [
        await desktopScript("install", install, settings["record-desktop"]),
        // a user's own install has no use for our setup: it knows nothing of what was installed
        install !== undefined && setup === undefined
          ? absentSetup
          : await desktopScript("setup", setup),
      ],
      files: [],
      cached: settings["cache-desktop-build"],
      optional: settings["headless-desktop"] === "optional",
    });
  }
  const preflight = scripts["cached-preflight"];
  if (preflight !== undefined) {
    contents.push({
      name: "env",
      scripts: [
        {
          component: "preflight",
          file: "cached-preflight.sh",
          text: preflight.text,
          label: `the cached preflight (${preflight.label})`,
          source: preflight.file,
        },
      ],
      files: job.cachedFiles,
      cached: settings["cache-container-build"],
      optional: false,
    });
  }
  const agent = await agentOf(job, warn, signal);
  return agent === undefined ? contents : [...contents, agent];
}

async function agentOf(
  { settings }: Job,
  warn: (message: string) => void,
  signal: AbortSignal | undefined,
): Promise<Content | undefined> {
  const { agent } = settings;
  const wanted = settings["agent-version"];
  if (agent === undefined || wanted === undefined) {
    return undefined;
  }
  const version = await exactVersion(agent, wanted, { signal });
  if (version === undefined) {
    warn(
      `npm could not tell which version of ${agent} \`${wanted}\` is; it is installed at task start and not cached`,
    );
    return { ...agentContent(agent, wanted, installLine(agent, wanted)), cached: false };
  }
  return agentContent(agent, version, installLine(agent, version));
}

const absentSetup: LayerScript = {
  component: "setup",
  file: "setup.sh",
  text: "",
  label: "the desktop setup script",
};

async function desktopScript(
  which: "install" | "setup",
  own: Script | undefined,
  recording = false,
): Promise<LayerScript> {
  const shipped = [`desktop/${which}.sh`, ...(recording ? ["desktop/install-record.sh"] : [])];
  const texts = await Promise.all(shipped.map(readAsset));
  return {
    component: which,
    file: `${which}.sh`,
    text: own?.text ?? canonicalScript(texts.join("\n")),
    label: `the desktop ${which} script (${own?.label ?? "the one that ships"})`,
    source: own?.file,
  };
}
